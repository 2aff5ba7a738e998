"""Draw images of a config's data set with their present, absent and unknown categories.

Example: python tools/browse_dataset.py configs/dsrb_coco_p50.py --out-dir pictures --number 12
"""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from rich.progress import track

from dsrb.tool_arguments import config_arguments

if TYPE_CHECKING:
    from dsrb_mm.datasets.config_data import ConfigData


def choose_rows(data: ConfigData, args: argparse.Namespace) -> list[int]:
    """Images spread over those that are asked for."""
    from dsrb_mm.words.categories import find_categories

    columns = [args.category] if args.category else data.classes
    labels = data.labels[:, find_categories(columns, data.classes)]
    wanted = np.ones(len(labels), bool)
    if args.known_present:
        wanted = (labels == 1).any(1)
    elif args.category:
        wanted = (labels >= 0).any(1)
    rows = np.flatnonzero(wanted)
    if not len(rows):
        kind = 'known to be present' if args.known_present else 'known'
        raise ValueError(f'expected images with {args.category or "a label"} {kind}, but got none')
    chosen = np.linspace(0, len(rows) - 1, min(args.number, len(rows)))
    return rows[np.unique(chosen.round().astype(int))].tolist()


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__)
    parser.add_argument('--out-dir', required=True, help='folder of the pictures')
    parser.add_argument(
        '--phase', choices=['train', 'val', 'test'], default='train', help='which data set'
    )
    parser.add_argument('--number', type=int, default=20, help='pictures, spread over the set')
    parser.add_argument(
        '--mode',
        choices=['both', 'transformed', 'original'],
        default='both',
        help='images before and after the pipeline, or one of the two',
    )
    parser.add_argument('--category', help='only images whose label of this category is known')
    parser.add_argument(
        '--known-present',
        action='store_true',
        help='only images known to show a category, or that of --category',
    )
    parser.add_argument('--max-names', type=int, default=13, help='names in a list')
    args = parser.parse_args(argv)
    if args.number < 1 or args.max_names < 1:
        parser.error('--number and --max-names must be at least 1')
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.tools import read_config
    from dsrb_mm.datasets.config_data import build_split
    from dsrb_mm.visualization import draw_label_picture, original_image, transformed_image

    with clear_errors(ValueError, FileExistsError):
        cfg = read_config(args)
        protect_inputs(cfg, pictures=args.out_dir)
        data = build_split(cfg, args.phase)
        # The preprocessor turns what LoadImageFromFile gives (BGR) round, if it is told to.
        bgr = (cfg.get('data_preprocessor') or {}).get('to_rgb', True)
        for row in track(choose_rows(data, args), 'drawing'):
            images = [original_image(data.paths[row])] if args.mode != 'transformed' else []
            if args.mode != 'original':
                images.append(transformed_image(data.samples[row], bgr))
            name = Path(data.paths[row])
            height, width = images[0].shape[:2]
            title = f'{name.name}   {width} x {height}'
            path = Path(args.out_dir) / f'{row:06d}_{name.stem}.png'
            draw_label_picture(
                *(images[-1], data.labels[row], data.classes, path, title, args.max_names),
                original=images[0] if args.mode == 'both' else None,
            )
    print(f'pictures of {args.phase} images: {args.out_dir}')


if __name__ == '__main__':
    main()
