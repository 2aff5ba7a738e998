"""Train three methods on embedded scenes and compare them (make demo)."""

from __future__ import annotations

import argparse
from pathlib import Path

from demo.comparison import run_demo


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('--work-dir', default='work_dirs/demo', help='folder of the results')
    parser.add_argument('--num-train', type=int, default=2000, help='training images')
    parser.add_argument('--num-val', type=int, default=500, help='test images')
    args = parser.parse_args()
    root = Path(__file__).resolve().parent.parent
    run_demo(root, Path(args.work_dir), args.num_train, args.num_val)


if __name__ == '__main__':
    main()
