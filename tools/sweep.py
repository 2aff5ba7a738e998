"""Train and test methods under several masks of known labels: python tools/sweep.py CONFIG ...

Without --proportions and --known, the published proportions are swept: 10 %, 20 %, ..., 90 %.
"""

from __future__ import annotations

import argparse
import functools
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from dsrb.tool_arguments import add_training_options

if TYPE_CHECKING:
    from dsrb_mm.sweep import KnownLabels, Launch, Run


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('configs', nargs='+', type=Path, help='configs (methods) to compare')
    parser.add_argument(
        '--proportions', nargs='+', type=float, default=[], help='short for KnownProportion:p=...'
    )
    parser.add_argument(
        '--known',
        nargs='+',
        default=[],
        metavar='MASK[:key=value,...]',
        help='masks of known labels: SinglePositive, KnownPerCategory:number=20 ...',
    )
    parser.add_argument('--seeds', nargs='+', type=int, default=[0], help='of the training')
    parser.add_argument('--work-dir', type=Path, default=Path('work_dirs/sweep'))
    parser.add_argument('--checkpoint', choices=['last', 'best'], default='last')
    parser.add_argument('--launcher', choices=['none', 'pytorch', 'slurm'], default='none')
    parser.add_argument('--nproc', type=int, default=1, help='processes of a distributed run')
    add_training_options(parser)
    parser.add_argument('--cfg-options', nargs='+', default=[], help='key=value, for all runs')
    parser.add_argument('--report', action='store_true', help='only redo tables and plot')
    return parser.parse_args()


def masks_of_known_labels(args: argparse.Namespace) -> list[KnownLabels]:
    """What --proportions and --known ask for; the published proportions without either."""
    from dsrb_mm.sweep import PROPORTIONS, KnownLabels

    proportions = args.proportions or ([] if args.known else PROPORTIONS)
    return [
        *map(KnownLabels.of_proportion, proportions),
        *map(KnownLabels.parse, args.known),
    ]


def _options(args: argparse.Namespace) -> list[str]:
    """What all runs set in their configs."""
    return args.cfg_options + ([] if args.budget is None else [f'budget={args.budget}'])


def _cached(args: argparse.Namespace) -> list[str]:
    """What is kept on disk, as arguments of tools/train.py."""
    if args.cached_features is not None:
        return ['--cached-features', args.cached_features]
    return [] if args.cached_images is None else ['--cached-images', args.cached_images]


def sweep(runs: list[Run], launch: Launch, work_dir: Path, console: Console) -> int:
    """Run what is not finished; returns how many runs failed."""
    from dsrb_mm.sweep import check_data, execute, locked, run_sweep, write_report

    check_data(runs)
    carry_out = functools.partial(execute, launch=launch, tools=Path(__file__).resolve().parent)
    with locked(work_dir) as killed:
        if killed:
            message = f'the sweep before ({killed}) was cut off: going on from there'
            console.print(message, markup=False)
        failures = run_sweep(runs, carry_out, console, lambda: write_report(runs, work_dir))
    for folder, message in failures.items():
        text = f'\n{folder} failed: {message}'
        console.print(text, markup=False, highlight=False, soft_wrap=True)
    return len(failures)


def main() -> None:
    args = parse_args()
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.sweep import Launch, make_plan, write_report

    console = Console()
    # As Ctrl-C does: end the child first, then leave.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    failed = 0
    with clear_errors():
        try:
            launch = Launch(args.launcher, args.nproc)
            runs = make_plan(
                *(args.configs, masks_of_known_labels(args), args.seeds, args.work_dir),
                *(_options(args), args.checkpoint, launch.num_processes, _cached(args)),
            )
            if not args.report:
                failed = sweep(runs, launch, args.work_dir, console)
            text = write_report(runs, args.work_dir)
        except ValueError as error:
            sys.exit(f'error: {error}')
        except KeyboardInterrupt:
            sys.exit('interrupted: the same command goes on from here')
    console.print(text, markup=False, soft_wrap=True, highlight=False)
    results = f'{args.work_dir}/results.{{csv,json,md}}, map.png'
    console.print(f'results: {results}', markup=False)
    if failed:
        sys.exit(f'{failed} of {len(runs)} runs failed')


if __name__ == '__main__':
    main()
