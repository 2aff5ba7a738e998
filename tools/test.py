"""Evaluate a checkpoint: python tools/test.py CONFIG CHECKPOINT [--out FILE] [--show-dir DIR]."""

from __future__ import annotations

from dsrb.tool_arguments import runner_arguments


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
    from mmengine.dist import is_main_process

    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.tools import build_runner, leave_group
    from dsrb_mm.evaluation.prediction_dump import PredictionDump, check_metrics_file, write_metrics

    item = args.out_item or ('metrics' if str(args.out).endswith('.json') else 'pred')
    dump = None
    with clear_errors(ValueError):
        if args.out and item == 'pred':
            dump = PredictionDump(args.out)
        elif args.out:
            check_metrics_file(args.out)
    runner = build_runner(args, [args.out], args.show_dir, [args.checkpoint])
    with clear_errors():
        if dump is not None:
            runner.test_evaluator.metrics.append(dump)
        metrics = runner.test()
        if args.out and item == 'metrics' and is_main_process():
            write_metrics(metrics, args.out)
        leave_group()


if __name__ == '__main__':
    main()
