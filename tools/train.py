"""Train a model: python tools/train.py CONFIG [--work-dir DIR] [--resume] [--amp] ..."""

from __future__ import annotations

from dsrb.tool_arguments import FEATURES, IMAGES, budget, runner_arguments


def main() -> None:
    parser = runner_arguments('Train a model')
    parser.add_argument(
        '--resume',
        nargs='?',
        const='auto',
        help='resume from a checkpoint; without a value, from the latest one in the work directory',
    )
    parser.add_argument('--amp', action='store_true', help='automatic mixed precision')
    parser.add_argument('--no-validate', action='store_true', help='train without validation')
    parser.add_argument(
        '--auto-scale-lr',
        action='store_true',
        help="scale the learning rate by the batch size over the config's base_batch_size",
    )
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument(
        '--cached-features',
        nargs='?',
        const=FEATURES,
        metavar='FOLDER',
        help=f'compute the maps of a frozen backbone once, and keep them (default: {FEATURES})',
    )
    kept.add_argument(
        '--cached-images',
        nargs='?',
        const=IMAGES,
        metavar='FOLDER',
        help=f'decode and resize the images once, and keep them (default: {IMAGES})',
    )
    parser.add_argument(
        '--budget',
        type=budget,
        metavar='STEPS',
        help='length of the training in optimiser steps, or auto: chosen by the known labels',
    )
    args = parser.parse_args()
    from dsrb_mm.cli.tools import build_runner, clear_errors, leave_group

    runner = build_runner(args)
    with clear_errors():
        runner.train()
        leave_group()


if __name__ == '__main__':
    main()
