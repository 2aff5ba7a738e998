"""Write the generated multi-label scenes (JPEG files and COCO-format annotations) to a folder.

Example: python -m demo.make_scenes --out data/scenes
"""

from __future__ import annotations

import argparse

from demo.scenes import make_scenes


def parse_args() -> argparse.Namespace:
    """Parse the command line.

    Returns:
        The parsed arguments.
    """
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument('--out', default='data/scenes', help='folder to write to')
    parser.add_argument('--num-train', type=int, default=3000, help='number of training images')
    parser.add_argument('--num-val', type=int, default=1000, help='number of validation images')
    parser.add_argument('--image-size', type=int, default=256, help='side of an image in pixels')
    parser.add_argument('--seed', type=int, default=0, help='seed of the whole set')
    parser.add_argument('--workers', type=int, help='processes, default: one per available core')
    return parser.parse_args()


def main() -> None:
    """Write the scenes and say where they are."""
    args = parse_args()
    out_dir = make_scenes(
        args.out, args.num_train, args.num_val, args.image_size, args.seed, args.workers
    )
    print(f'scenes are in {out_dir}; see CREDITS.txt there for the licence of the artwork')


if __name__ == '__main__':
    main()
