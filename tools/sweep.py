"""Train and test over all proportions of known labels: python tools/sweep.py CONFIG ..."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path

from rich.console import Console

from dsrb_mm.sweep import (
    LAUNCHERS,
    PROPORTIONS,
    Launch,
    execute,
    locked,
    make_plan,
    run_sweep,
    write_report,
)
from dsrb_mm.utils.cli import clear_errors


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('configs', nargs='+', type=Path, help='configs (methods) to compare')
    parser.add_argument('--proportions', nargs='+', type=float, default=list(PROPORTIONS))
    parser.add_argument('--seeds', nargs='+', type=int, default=[0])
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/sweep'))
    parser.add_argument('--checkpoint', choices=['last', 'best'], default='last')
    parser.add_argument('--launcher', choices=LAUNCHERS, default='none')
    parser.add_argument('--nproc', type=int, default=1, help='processes of a distributed run')
    parser.add_argument('--cfg-options', nargs='+', default=[], help='key=value, for all runs')
    parser.add_argument('--report', action='store_true', help='only redo tables and plot')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    console = Console()
    launch = Launch(args.launcher, args.nproc)
    tools = Path(__file__).resolve().parent
    with clear_errors():
        runs = make_plan(
            args.configs, args.proportions, args.seeds, args.work_dir, args.cfg_options
        )
        failures: dict = {}
        with locked(args.work_dir):
            if not args.report:
                failures = run_sweep(
                    runs, lambda run: execute(run, launch, tools, args.checkpoint), console
                )
            console.print(write_report(runs, args.work_dir), soft_wrap=True, highlight=False)
    console.print(f'results: {args.work_dir}/results.{{csv,json,md}}, map_over_proportion.png')
    if failures:
        sys.exit(f'{len(failures)} runs failed: {", ".join(map(str, failures))}')


if __name__ == '__main__':
    main()
