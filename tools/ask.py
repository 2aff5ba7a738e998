"""Ask annotators for the labels of a ranking: a page for the browser, or tasks for a tool.

Example:
    python tools/ask.py annotate_next.csv --image-root data/csv/images --limit 200 --out review.html
"""

from __future__ import annotations

import argparse
from pathlib import Path

from dsrb_mm.annotation import (
    read_questions,
    write_fiftyone_labels,
    write_label_studio_tasks,
    write_review_page,
)
from dsrb_mm.annotation.label_studio_tasks import LOCAL_FILES, interface_file
from dsrb_mm.cli.tools import clear_errors
from dsrb_mm.fileio.outputs import check_outputs

KINDS = {'page': '.html', 'label-studio': '.json', 'fiftyone': '.json'}


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('ranking', help='CSV of complete_labels.py --rank-out')
    add('--image-root', required=True, help='folder that its paths are relative to')
    add('--out', type=Path, required=True, help='file to write: .html, or .json')
    add('--to', choices=KINDS, default='page')
    add('--limit', type=int, default=500, help='most questions; 0: all')
    add('--image-size', type=int, default=512, help='longest side of images in the page')
    add('--address', default=LOCAL_FILES, help='what stands before paths in Label Studio')
    add('--overwrite', action='store_true', help='replace an existing --out')
    args = parser.parse_args(argv)
    if args.out.suffix != KINDS[args.to]:
        parser.error(f'expected --out to end in {KINDS[args.to]} for {args.to}, got {args.out}')
    return args


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    with clear_errors(ValueError, FileExistsError):
        outputs = [args.out]
        if args.to == 'label-studio':
            outputs.append(interface_file(args.out))
        check_outputs(outputs, [args.ranking], args.overwrite)
        questions = read_questions(args.ranking, args.image_root, args.limit or None)
        if args.to == 'page':
            write_review_page(questions, args.image_root, args.out, args.image_size)
        elif args.to == 'label-studio':
            write_label_studio_tasks(questions, args.out, args.address)
        else:
            write_fiftyone_labels(questions, args.image_root, args.out)
    images = len({question.path for question in questions})
    print(f'{args.out}: {len(questions)} questions about {images} images')


if __name__ == '__main__':
    main()
