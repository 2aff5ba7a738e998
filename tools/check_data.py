"""Check the data of a config: counts, labels, missing images; exit code 1 if something is wrong.

Example: python tools/check_data.py configs/dsrb_coco_p50.py --images --out categories.csv
"""

from __future__ import annotations

import argparse
import sys

from mmengine.config import Config, DictAction
from rich.console import Console

from dsrb_mm.utils.cli import clear_errors
from dsrb_mm.utils.data_report import (
    build_reports,
    find_unreadable,
    model_problems,
    tables,
    write_csv,
)


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config file')
    parser.add_argument('--images', action='store_true', help='decode every image')
    parser.add_argument('--workers', type=int, help='processes for --images; default: one a core')
    parser.add_argument('--out', help='write the counts of all categories to this CSV')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='override config settings: key=value'
    )
    args = parser.parse_args(argv)
    console = Console()
    with clear_errors(ValueError, TypeError, KeyError):
        cfg = Config.fromfile(args.config)
        cfg.merge_from_dict(args.cfg_options or {})
        reports = build_reports(cfg)
    if args.images:
        for report in reports:
            find_unreadable(report, args.workers)
    for table in tables(reports):
        console.print(table)
    if args.out:
        write_csv(reports, args.out)
    for line in [line for report in reports for line in report.notes()]:
        console.print(
            f'note: {line}', style='yellow', markup=False, highlight=False, soft_wrap=True
        )
    problems = [line for report in reports for line in report.problems()]
    problems += model_problems(cfg, reports)
    notes = [line for report in reports for line in report.notes()]
    for kind, style, lines in (('note', 'yellow', notes), ('problem', 'red', problems)):
        for line in lines:
            console.print(
                f'{kind}: {line}', style=style, markup=False, highlight=False, soft_wrap=True
            )
    sys.exit(1 if problems else 0)


if __name__ == '__main__':
    main()
