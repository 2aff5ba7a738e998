"""Export a model to ONNX, and compare the file with PyTorch.

Example: python tools/export_onnx.py configs/dsrb_csv.py epoch_12.pth --out model.onnx
"""

from __future__ import annotations

import argparse
from pathlib import Path

from dsrb_mm.apis import InputPipeline, load_model
from dsrb_mm.cli.outputs import protect_inputs
from dsrb_mm.cli.tools import clear_errors, config_arguments, read_config
from dsrb_mm.export import check_onnx, describe_input, export_onnx
from dsrb_mm.export.onnx_export import OPSET, require_packages


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = config_arguments(__doc__)
    parser.add_argument('checkpoint', help='checkpoint file')
    parser.add_argument('--out', default='model.onnx', help='file to write')
    parser.add_argument('--opset', type=int, default=OPSET, help='version of the ONNX operators')
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
    require_packages('onnx', 'onnxscript', *(['onnxruntime'] if args.check else []))
    cfg = read_config(args)
    protect_inputs(cfg, [args.out], inputs=[args.checkpoint, args.classes])
    model = load_model(cfg, args.checkpoint, 'cpu', args.classes)
    pipeline = InputPipeline(cfg)
    size = tuple(args.input_size) if args.input_size else pipeline.input_size()
    deviations: dict[str, float] = {}

    def check(unfinished: Path) -> None:
        if args.check:
            deviations.update(check_onnx(model, unfinished))

    path = export_onnx(model, args.out, size, args.opset, check=check)
    print(f'{path}: opset {args.opset}, pictures of {size[0]} x {size[1]}, any batch size')
    described = describe_input(pipeline.steps, size, model.data_preprocessor)
    if described['not_described']:
        print(
            'the metadata describe the test pipeline but for its steps '
            f'{", ".join(described["not_described"])}: see test_pipeline there'
        )
    if deviations:
        text = ', '.join(f'{name} {value:.1e}' for name, value in deviations.items())
        print(f'largest deviation from PyTorch: {text}')


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    with clear_errors(ValueError, ImportError):
        run(args)


if __name__ == '__main__':
    main()
