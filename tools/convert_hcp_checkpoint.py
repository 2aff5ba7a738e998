"""Convert a checkpoint of the authors' published implementation (HCP-MLR-PL, DSRB), or back.

Example:
    python tools/convert_hcp_checkpoint.py theirs.pth dsrb_coco.pth
    python tools/test.py configs/dsrb_coco_p50.py dsrb_coco.pth \
        --cfg-options model.neck.word_vectors=dsrb_coco.npy
"""

from __future__ import annotations

import argparse
import sys
from pathlib import Path


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('src', help='checkpoint to convert')
    parser.add_argument('dst', help='checkpoint to write; the word vectors go beside it (.npy)')
    parser.add_argument('--reverse', action='store_true', help='from our format to theirs')
    args = parser.parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.models.hcp_checkpoint import convert_checkpoint

    with clear_errors():
        try:
            outputs = [args.dst, Path(args.dst).with_suffix('.npy')]
            protect_inputs(None, outputs, inputs=[args.src])
            written = convert_checkpoint(args.src, args.dst, args.reverse)
        except ValueError as error:
            sys.exit(f'error: {error}')
    for path in written:
        print(f'wrote {path}')


if __name__ == '__main__':
    main()
