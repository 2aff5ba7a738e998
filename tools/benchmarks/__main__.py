"""Measure speed and memory: python -m tools.benchmarks [CONFIG] [--suites NAME ...]."""

from __future__ import annotations

import argparse
import logging
from pathlib import Path

import mmengine
import torch
from mmengine.config import Config
from rich.console import Console

import dsrb_mm  # noqa: F401 (registers the modules)
from tools.benchmarks import SUITES, Options, as_json, environment, make_table

CONFIG = Path(__file__).resolve().parents[2] / 'configs' / 'dsrb_coco_p50.py'


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description='Measure speed and memory')
    parser.add_argument('config', nargs='?', default=CONFIG, help='config (default: COCO)')
    parser.add_argument('--suites', nargs='+', choices=SUITES, default=list(SUITES))
    parser.add_argument('--batches', nargs='+', type=int, default=[2, 4, 8], help='batch sizes')
    parser.add_argument('--sides', nargs='+', type=int, default=[7, 14], help='sides of the map')
    parser.add_argument('--categories', nargs='+', type=int, default=[20, 80, 200, 1000])
    parser.add_argument('--methods', nargs='+', default=[], help='of the suite methods: asl ...')
    parser.add_argument('--size', type=int, default=448, help='image side of whole models')
    parser.add_argument('--loading-scale', type=float, default=1.0, help='size of the files')
    parser.add_argument('--repeats', type=int, default=5)
    parser.add_argument('--device', default='cuda' if torch.cuda.is_available() else 'cpu')
    parser.add_argument('--amp', action='store_true', help='mixed precision')
    parser.add_argument('--threads', type=int, help='threads of PyTorch on the CPU')
    parser.add_argument('--json', help='also write the results to this file')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    logging.getLogger('mmengine').setLevel(logging.WARNING)
    if args.threads is not None:
        torch.set_num_threads(args.threads)
    device = torch.device(args.device)
    names = ('repeats', 'amp', 'size', 'loading_scale')
    options = Options(
        Config.fromfile(args.config),
        device,
        batches=tuple(args.batches),
        sides=tuple(args.sides),
        categories=tuple(args.categories),
        methods=tuple(args.methods),
        **{name: getattr(args, name) for name in names},
    )
    console = Console()
    rows = []
    for suite in args.suites:
        for row in SUITES[suite](options):
            console.log(row.suite, row.setting, row.case)
            rows.append(row)
            if args.json:
                settings = {k: str(v) for k, v in vars(args).items()}
                mmengine.dump(as_json(rows, environment(device), settings), args.json, indent=2)
    wide = console if console.is_terminal else Console(width=160)
    wide.print(make_table(rows, environment(device)))


if __name__ == '__main__':
    main()
