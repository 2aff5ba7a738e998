"""Check a config: its data, its keys, its model; exit code 1 if something is wrong.

Example: python tools/check_data.py configs/dsrb_coco_p50.py --images --out categories.csv
"""

from __future__ import annotations

import sys

from rich.console import Console

from dsrb.tool_arguments import config_arguments


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__)
    parser.add_argument('--images', action='store_true', help='decode every image')
    parser.add_argument('--workers', type=int, help='processes for --images; default: one a core')
    parser.add_argument('--out', help='write the counts of all categories to this CSV')
    args = parser.parse_args(argv)
    from dsrb_mm.cli.data_findings import show_data
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.tools import read_config
    from dsrb_mm.engine.training_checks import show_findings

    console = Console(markup=False, highlight=False)  # categories may be called [/x]
    with clear_errors(ValueError, TypeError, KeyError):
        cfg = read_config(args)
        protect_inputs(cfg, [args.out])
        problems, notes = show_data(cfg, console, args.images, args.workers, args.out)
    show_findings(console, notes, problems)
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
