"""Train a model: python tools/train.py CONFIG [--work-dir DIR] [--resume] [--amp] ..."""

from __future__ import annotations

import sys

from dsrb.tool_arguments import add_training_options, runner_arguments


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
    add_training_options(parser)
    args = parser.parse_args()
    from dsrb_mm.cli.errors import clear_errors, interruptible
    from dsrb_mm.cli.tools import build_runner, how_to_go_on, leave_group

    runner = build_runner(args)
    with clear_errors():
        try:
            with interruptible():
                runner.train()
        except KeyboardInterrupt:
            sys.exit(f'interrupted: {how_to_go_on(runner.work_dir)}')
        leave_group()


if __name__ == '__main__':
    main()
