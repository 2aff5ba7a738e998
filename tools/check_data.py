"""Check the data of a config: counts, labels, missing images; exit code 1 if something is wrong.

Example: python tools/check_data.py configs/dsrb_coco_p50.py --images --out categories.csv
"""

from __future__ import annotations

import sys

from rich.console import Console

from dsrb_mm.cli.outputs import protect_inputs
from dsrb_mm.cli.tools import clear_errors, config_arguments, read_config
from dsrb_mm.datasets.data_report import (
    build_reports,
    find_unreadable,
    leaks,
    model_problems,
    unread_rows,
)
from dsrb_mm.datasets.data_tables import tables, write_csv
from dsrb_mm.engine.training_checks import config_problems


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__)
    parser.add_argument('--images', action='store_true', help='decode every image')
    parser.add_argument('--workers', type=int, help='processes for --images; default: one a core')
    parser.add_argument('--out', help='write the counts of all categories to this CSV')
    args = parser.parse_args(argv)
    console = Console(markup=False, highlight=False)  # categories may be called [/x]
    with clear_errors(ValueError, TypeError, KeyError):
        cfg = read_config(args)
        protect_inputs(cfg, [args.out])
        reports = build_reports(cfg)
    if args.images:
        for report in reports:
            find_unreadable(report, args.workers)
    for table in tables(reports):
        console.print(table)
    if args.out:
        write_csv(reports, args.out)
    problems = [line for report in reports for line in report.problems()]
    problems += [*leaks(reports), *model_problems(cfg, reports), *config_problems(cfg, reports)]
    notes = [line for report in reports for line in report.notes()] + unread_rows(reports)
    for kind, style, lines in (('note', 'yellow', notes), ('problem', 'red', problems)):
        for line in lines:
            console.print(f'{kind}: {line}', style=style, soft_wrap=True)
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
