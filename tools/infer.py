"""Predict the categories of images: files, folders, or both.

Example:
    python tools/infer.py configs/dsrb_csv.py work_dirs/dsrb_csv/epoch_12.pth photos \
        --out scores.csv --show-dir pictures
"""

from __future__ import annotations

import argparse
from pathlib import Path

from rich.console import Console
from rich.progress import track

from dsrb.tool_arguments import config_arguments


def parse_args(argv: list[str] | None) -> argparse.Namespace:
    parser = config_arguments(__doc__, checkpoint=True)
    parser.add_argument('inputs', nargs='+', help='image files and folders')
    parser.add_argument('--out', help='write scores to this .csv or .jsonl; default: print a table')
    parser.add_argument('--show-dir', help='write a picture of every prediction to this folder')
    chosen = parser.add_mutually_exclusive_group()
    chosen.add_argument('--thr', type=float, help='predict categories from this probability on')
    chosen.add_argument('--topk', type=int, help='predict this many categories')
    parser.add_argument(
        '--uncalibrated',
        action='store_true',
        help="the model's own probabilities and 0.5, whatever calibration the checkpoint has",
    )
    parser.add_argument('--batch-size', type=int, default=8)
    parser.add_argument('--classes', help='text file of category names, one a line')
    parser.add_argument('--max-categories', type=int, default=5, help='categories in a picture')
    parser.add_argument(
        '--skip-unreadable', action='store_true', help='leave out files that cannot be decoded'
    )
    return parser.parse_args(argv)


def run(args: argparse.Namespace, console: Console) -> None:
    from dsrb_mm.apis import MultiLabelInferencer, score_writer, write_scores
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.predictions import find_inputs, prediction_table
    from dsrb_mm.cli.tools import read_config

    if args.out:
        score_writer(args.out)  # an unknown suffix is an error before the work, not after it
    cfg = read_config(args)
    notes = Console(stderr=True, markup=False, highlight=False)
    images = find_inputs([Path(path) for path in args.inputs], notes)
    protect_inputs(cfg, [args.out], args.show_dir, [args.checkpoint, args.classes])
    inferencer = MultiLabelInferencer(
        cfg, args.checkpoint, args.device, args.classes, calibrated=not args.uncalibrated
    )
    if inferencer.calibration is None and not args.uncalibrated:
        notes.print('the checkpoint has no calibration: predicted from 0.5 on', soft_wrap=True)
    results = inferencer.stream(
        images,
        batch_size=args.batch_size,
        thr=args.thr,
        topk=args.topk,
        show_dir=args.show_dir,
        max_categories=args.max_categories,
        skip_unreadable=args.skip_unreadable,
    )
    progress = track(results, 'Predicting', total=len(images), console=notes)
    if args.out:
        count = write_scores(progress, args.out, inferencer.classes)
        console.print(f'{args.out}: {count} images', soft_wrap=True)
    else:
        console.print(prediction_table(progress))


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors

    with clear_errors(ValueError):
        run(args, Console(markup=False, highlight=False))


if __name__ == '__main__':
    main()
