"""Judge a checkpoint on held-out images: one HTML page, and metrics.json beside it.

Example: python tools/report.py configs/saliency_csv_cpu.py epoch_12.pth --out report
"""

from __future__ import annotations

from dsrb.tool_arguments import config_arguments


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__, checkpoint=True)
    parser.add_argument('--out', default='report', help='folder to write to')
    parser.add_argument('--split', choices=['test', 'val'], default='test')
    parser.add_argument('--mistakes', type=int, default=24, help='shown of each kind, at most')
    args = parser.parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.tools import read_config
    from dsrb_mm.report import report_files, write_report

    with clear_errors(ValueError):
        cfg = read_config(args)
        protect_inputs(cfg, report_files(args.out), inputs=[args.checkpoint])
        page = write_report(
            cfg,
            args.checkpoint,
            args.out,
            args.split,
            args.device,
            mistakes=args.mistakes,
        )
    print(page)


if __name__ == '__main__':
    main()
