"""Learn thresholds and calibration of a trained checkpoint, and store them in it.

Example: python tools/calibrate.py configs/dsrb_voc_p50.py epoch_20.pth --precision 0.9
"""

from __future__ import annotations

from dsrb.tool_arguments import config_arguments


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__, checkpoint=True)
    parser.add_argument('--precision', type=float, help='to be kept; default: the best F1')
    parser.add_argument('--split', choices=['val', 'test'], default='val', help='held-out images')
    args = parser.parse_args(argv)
    from dsrb_mm.calibration import NEVER
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.tools import read_config
    from dsrb_mm.engine.checkpoints.stored_calibration import store_calibration
    from dsrb_mm.report import calibrate_checkpoint

    with clear_errors(ValueError):
        cfg = read_config(args)
        checkpoint, cfg.load_from = args.checkpoint, None  # the config may start from this file
        protect_inputs(cfg, [checkpoint])
        found = calibrate_checkpoint(cfg, checkpoint, args.precision, args.split, args.device)
        store_calibration(checkpoint, found)
    never = sum(value == NEVER for value in found.thresholds)
    print(
        f'{args.checkpoint}: thresholds ({found.rule}) of {found.num_classes} categories from '
        f'{found.images} images' + (f'; {never} are never predicted' if never else '')
    )


if __name__ == '__main__':
    main()
