"""Draw images of a config's data set with their present, absent and unknown categories.

Example: python tools/browse_dataset.py configs/dsrb_coco_p50.py --out-dir pictures --number 12
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from rich.progress import track

from dsrb_mm.cli.outputs import protect_inputs
from dsrb_mm.cli.tools import clear_errors, config_arguments, read_config
from dsrb_mm.datasets.config_data import SPLITS, build_split
from dsrb_mm.visualization import draw_label_picture, original_image, transformed_image


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__)
    parser.add_argument('--out-dir', required=True, help='folder of the pictures')
    parser.add_argument('--phase', choices=SPLITS, default='train', help='which data set')
    parser.add_argument('--number', type=int, default=20, help='pictures, spread over the set')
    parser.add_argument(
        '--mode',
        choices=['transformed', 'original'],
        default='transformed',
        help='images after the pipeline, or as they are on disk',
    )
    parser.add_argument('--max-names', type=int, default=13, help='names in a list')
    args = parser.parse_args(argv)
    if args.number < 1 or args.max_names < 1:
        parser.error('--number and --max-names must be at least 1')
    with clear_errors(ValueError, FileExistsError):
        cfg = read_config(args)
        protect_inputs(cfg, pictures=args.out_dir)
        data = build_split(cfg, args.phase)
        # The preprocessor turns what LoadImageFromFile gives (BGR) round, if it is told to.
        bgr = (cfg.get('data_preprocessor') or {}).get('to_rgb', True)
        chosen = np.linspace(0, len(data.paths) - 1, min(args.number, len(data.paths)))
        for row in track(np.unique(chosen.round().astype(int)).tolist(), 'drawing'):
            image = (
                original_image(data.paths[row])
                if args.mode == 'original'
                else transformed_image(data.samples[row], bgr)
            )
            name = Path(data.paths[row])
            height, width = image.shape[:2]
            title = f'{name.name}   {width} x {height}'
            path = Path(args.out_dir) / f'{row:06d}_{name.stem}.png'
            draw_label_picture(image, data.labels[row], data.classes, path, title, args.max_names)
    print(f'pictures of {args.phase} images: {args.out_dir}')


if __name__ == '__main__':
    main()
