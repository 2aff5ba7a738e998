"""Compare methods on one data set: python tools/compare.py CONFIG ... [--proportions 0.1 0.5]

Every config is trained under every mask and seed with the same number of steps. Held-out training
images choose the epoch; the config's validation set tests. Finished runs are skipped.
"""

from __future__ import annotations

import argparse
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from dsrb.tool_arguments import FEATURES, budget

if TYPE_CHECKING:
    from dsrb_mm.comparison import Setup
    from dsrb_mm.sweep import Run

_PROPORTIONS = (0.1, 0.5)


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('configs', nargs='+', type=Path, help='configs (methods) to compare')
    parser.add_argument(
        '--proportions',
        nargs='+',
        type=float,
        default=[],
        help='short for KnownProportion:p=...; without it and --known 0.1 and 0.5',
    )
    parser.add_argument(
        '--known',
        nargs='+',
        default=[],
        metavar='MASK[:key=value,...]',
        help='masks of known labels: SinglePositive, KnownPerCategory:number=20 ...',
    )
    parser.add_argument(
        '--seeds',
        nargs='+',
        type=int,
        default=[0, 1, 2],
        help='of mask, held-out images, initial weights and order of images',
    )
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/compare'))
    parser.add_argument(
        '--budget',
        type=budget,
        default='auto',
        metavar='STEPS',
        help='optimiser steps of every run, or auto: chosen by the known labels (default)',
    )
    parser.add_argument(
        '--holdout', type=float, default=0.2, help='share of training images that choose the epoch'
    )
    parser.add_argument(
        '--baseline', type=Path, help='config compared with; default: the first of the configs'
    )
    parser.add_argument(
        '--cached-features',
        type=Path,
        default=Path(FEATURES),
        metavar='FOLDER',
        help=f'where features of frozen backbones are kept (default: {FEATURES})',
    )
    parser.add_argument('--cfg-options', nargs='+', default=[], help='key=value, for all runs')
    parser.add_argument('--report', action='store_true', help='only redo tables and plot')
    return parser.parse_args()


def compare(
    runs: list[Run], setup: Setup, args: argparse.Namespace, baseline: str, console: Console
) -> int:
    """Run what is not finished; returns how many runs failed."""
    from dsrb_mm.comparison import Comparison, write_comparison
    from dsrb_mm.sweep import locked

    comparison = Comparison(runs, setup, args.cached_features)
    with locked(args.work_dir):
        failures = comparison.carry_out(
            console, lambda: write_comparison(runs, setup, args.work_dir, baseline, resamples=0)
        )
    for folder, message in failures.items():
        console.print(f'\n{folder} failed: {message}', markup=False, soft_wrap=True)
    return len(failures)


def main() -> None:
    args = parse_args()
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.comparison import Setup, make_comparison, write_comparison
    from dsrb_mm.sweep import KnownLabels, method_name

    # Trainings print to their logs, in this process: the console must not follow them there.
    console = Console(file=sys.stdout)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    proportions = args.proportions or ([] if args.known else _PROPORTIONS)
    failed = 0
    with clear_errors():
        try:
            known = [
                *map(KnownLabels.of_proportion, proportions),
                *map(KnownLabels.parse, args.known),
            ]
            setup = Setup(args.budget, args.holdout)
            runs = make_comparison(
                *(args.configs, known, args.seeds, args.work_dir, setup, args.cfg_options)
            )
            baseline = method_name(args.baseline or runs[0].config)
            write_comparison(runs, setup, args.work_dir, baseline, resamples=0)
            if not args.report:
                failed = compare(runs, setup, args, baseline, console)
            text = write_comparison(runs, setup, args.work_dir, baseline)
        except ValueError as error:
            sys.exit(f'error: {error}')
        except KeyboardInterrupt:
            sys.exit('interrupted: the same command goes on from here')
    console.print(text, markup=False, soft_wrap=True, highlight=False)
    console.print(f'results: {args.work_dir}/results.{{csv,json,md}}, map.png', markup=False)
    if failed:
        sys.exit(f'{failed} of {len(runs)} runs failed')


if __name__ == '__main__':
    main()
