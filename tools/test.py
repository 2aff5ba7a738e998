"""Evaluate a checkpoint: python tools/test.py CONFIG CHECKPOINT [--out FILE] [--show-dir DIR]."""

from __future__ import annotations

import mmengine
from mmengine.evaluator import DumpResults

from dsrb_mm.cli.tools import build_runner, clear_errors, leave_group, runner_arguments


def main() -> None:
    parser = runner_arguments('Test a model')
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', help='write results to this file (.pkl, or .json for metrics)')
    parser.add_argument(
        '--out-item',
        choices=['metrics', 'pred'],
        help='what --out holds: metrics, or the predictions of every image (default: by suffix)',
    )
    parser.add_argument('--show-dir', help='write pictures of predictions and attention here')
    parser.add_argument('--interval', type=int, default=50, help='a picture every so many images')
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    args = parser.parse_args()
    runner = build_runner(args)
    with clear_errors():
        item = args.out_item or ('metrics' if str(args.out).endswith('.json') else 'pred')
        if args.out and item == 'pred':
            runner.test_evaluator.metrics.append(DumpResults(out_file_path=args.out))
        metrics = runner.test()
        if args.out and item == 'metrics':
            mmengine.dump(metrics, args.out)
        leave_group()


if __name__ == '__main__':
    main()
