"""Read labels of another format into a CSV of labels.

Example: python tools/import_labels.py export.json --out photos/labels.csv --unknown absent
"""

from __future__ import annotations

import argparse

FORMATS = (
    'auto',
    'csv',
    'rows',
    'tags',
    'folders',
    'voc',
    'coco',
    'label_studio',
    'cvat',
    'fiftyone',
)


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    add = parser.add_argument
    add('source', help='file or folder to read')
    add('--out', required=True, help='CSV to write')
    add('--format', choices=FORMATS, default='auto')
    add(
        '--unknown',
        help='what it means that a category is not listed: absent, unlisted (unknown), or a file '
        'of the categories that were looked for (.txt for all images, .csv of path and looked_for)',
    )
    add('--image-root', help='folder of the images; default: beside the source')
    add('--relative-to', help='folder that written paths are relative to; default: that of --out')
    add('--categories', nargs='+', help='columns to write, in this order; default: all')
    add(
        '--field',
        help='column of tags or categories, field of the labels (FiftyOne), image (Label Studio)',
    )
    add('--separator', default='|', help='between tags in one cell')
    add('--ignore-columns', nargs='+', default=[], help='columns of a CSV that are not categories')
    add('--skip-missing', action='store_true', help='leave out images that are not there')
    add('--val', type=float, default=0.2, help='share drawn for validation, if there is none')
    add('--test', type=float, default=0.0, help='share drawn for testing, if there is none')
    add('--seed', type=int, default=0, help='of the drawing')
    add('--add-to', help='CSV whose gaps are filled by the source, such as answers of annotators')
    add('--overwrite', action='store_true', help='replace an existing --out')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import files_below, protect_inputs
    from dsrb_mm.datasets import import_labels

    with clear_errors(ValueError, FileExistsError):
        protect_inputs(None, [args.out], inputs=[*files_below(args.source), args.unknown])
        print(import_labels(**vars(args)))


if __name__ == '__main__':
    main()
