"""Draw the training curves of one or more work directories into one picture.

Example: python tools/plot_log.py work_dirs/dsrb_coco_p10 work_dirs/dsrb_coco_p50 --out curves.png
"""

from __future__ import annotations

import argparse
import sys


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('work_dirs', nargs='+', help='work directories; the latest run of each')
    parser.add_argument('--out', default='curves.png', help='picture to write')
    args = parser.parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import files_below, protect_inputs
    from dsrb_mm.visualization.training_curves import draw_training_curves, read_training_log

    with clear_errors():
        try:
            read = (path for folder in args.work_dirs for path in files_below(folder))
            protect_inputs(None, [args.out], inputs=read)
            draw_training_curves([read_training_log(folder) for folder in args.work_dirs], args.out)
        except ValueError as error:
            sys.exit(f'error: {error}')
    print(f'wrote {args.out}')


if __name__ == '__main__':
    main()
