"""Ask annotators for the labels of a ranking: a page for the browser, or tasks for a tool.

Example:
    python tools/ask.py annotate_next.csv --image-root data/csv/images --limit 200 --out review.html
"""

from __future__ import annotations

import argparse
from pathlib import Path


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('ranking', help='CSV of complete_labels.py --rank-out')
    add('--image-root', required=True, help='folder that its paths are relative to')
    add('--out', type=Path, required=True, help='file to write: .html, or .json')
    add('--to', choices=['page', 'label-studio', 'fiftyone'], default='page')
    add('--limit', type=int, default=500, help='most questions; 0: all')
    add('--image-size', type=int, default=512, help='longest side of images in the page')
    add(
        '--address',
        default='/data/local-files/?d=',
        help='what stands before paths in Label Studio',
    )
    add('--checkpoint', help='of the scores: its thresholds tick tasks beforehand, instead of 0.5')
    add('--overwrite', action='store_true', help='replace an existing --out')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = vars(parse_args(argv))
    from dsrb_mm.annotation import ask
    from dsrb_mm.cli.errors import clear_errors

    with clear_errors(ValueError, FileExistsError):
        questions = ask(**dict(args, limit=args['limit'] or None))
    images = len({question.path for question in questions})
    print(f'{args["out"]}: {len(questions)} questions about {images} images')


if __name__ == '__main__':
    main()
