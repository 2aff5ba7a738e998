"""Export a model to ONNX, and compare the file with PyTorch.

Example: python tools/export_onnx.py configs/dsrb_csv.py epoch_12.pth --out model.onnx
"""

from __future__ import annotations

import argparse

from dsrb.tool_arguments import config_arguments


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = config_arguments(__doc__)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', default='model.onnx', help='file to write')
    parser.add_argument('--opset', type=int, default=18, help='version of the ONNX operators')
    parser.add_argument(
        '--input-size',
        type=int,
        nargs=2,
        metavar=('HEIGHT', 'WIDTH'),
        help='size of the pictures; default: what the test pipeline makes',
    )
    parser.add_argument('--classes', help='text file of category names, one a line')
    parser.add_argument(
        '--check',
        action=argparse.BooleanOptionalAction,
        default=True,
        help='run the file with onnxruntime and compare with PyTorch',
    )
    return parser.parse_args(argv)


def run(args: argparse.Namespace) -> None:
    from dsrb_mm.cli.exporting import export_model
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.tools import read_config

    cfg = read_config(args)
    protect_inputs(cfg, [args.out], inputs=[args.checkpoint, args.classes])
    size = tuple(args.input_size) if args.input_size else None
    for line in export_model(
        *(cfg, args.checkpoint, args.out, size, args.opset, args.classes, args.check)
    ):
        print(line)


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors

    with clear_errors(ValueError, ImportError):
        run(args)


if __name__ == '__main__':
    main()
