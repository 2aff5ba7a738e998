r"""Fill in the missing labels of a config's training set where a trained model is sure enough.

Example: python tools/complete_labels.py configs/dsrb_csv.py work_dirs/dsrb_csv/epoch_12.pth \
    --out completed.csv --rank-out annotate_next.csv --report report.json
"""

from __future__ import annotations

import argparse

from rich.console import Console

from dsrb.tool_arguments import FEATURES, config_arguments


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    parser = config_arguments(__doc__, checkpoint=True)
    add = parser.add_argument
    add('--out', required=True, help='CSV of the completed labels to write')
    add('--precision', type=float, default=0.9, help='share of decisions that should be right')
    add(
        '--max-missed',
        type=float,
        help='largest share of present labels that may be marked absent; default: 1 - precision',
    )
    add('--confidence', type=float, default=0.95, help='that both are kept; 0.5: no margin')
    add('--min-support', type=int, default=10, help='fewest held-out labels behind a threshold')
    add(
        '--thresholds',
        choices=['auto', 'own', 'shared'],
        default='auto',
        help='of each category, shared, or both',
    )
    add('--holdout', default='val', help='val, test, a CSV of known labels, or none')
    add(
        '--cached-features',
        nargs='?',
        const=FEATURES,
        metavar='FOLDER',
        help='score by the features of a frozen backbone that training has kept in this folder',
    )
    add('--image-root', help='folder that paths in CSVs are relative to')
    add('--scores-out', help='write the scores of all images to this CSV')
    add('--scores-in', help='take scores from such a CSV instead of computing them')
    add('--rank-out', help='write what to annotate next to this CSV')
    add(
        '--rank-by',
        choices=['category', 'entry', 'image'],
        default='category',
        help='order of --rank-out',
    )
    add(
        '--rank-value',
        choices=['uncertainty', 'score'],
        default='uncertainty',
        help='what makes an entry valuable',
    )
    add('--rank-limit', type=int, default=10_000, help='most rows of --rank-out; 0: all')
    add('--report', help='write thresholds and counts to this JSON file')
    add('--overwrite', action='store_true', help='replace existing outputs')
    return parser.parse_args(argv)


def main(argv: list[str] | None = None) -> None:
    args = parse_args(argv)
    from dsrb_mm.cli.completing import CompletionFiles, fill_in_labels
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.tools import read_config
    from dsrb_mm.completion import TrustRule
    from dsrb_mm.datasets.config_files import files_of_config
    from dsrb_mm.features import use_cached_features

    with clear_errors(ValueError, FileExistsError):
        files = CompletionFiles(
            *(args.out, args.scores_out, args.rank_out, args.report),
            *(args.rank_by, args.rank_value, args.rank_limit or None),
        )
        cfg = read_config(args)
        inputs = files_of_config(cfg)
        if args.cached_features is not None:
            cfg = use_cached_features(cfg, args.cached_features)
        names = ('config', 'checkpoint', 'holdout', 'thresholds', 'scores_in')
        fill_in_labels(
            cfg,
            args.checkpoint,
            TrustRule(args.precision, args.max_missed, args.confidence, args.min_support),
            files,
            {name: getattr(args, name) for name in names},
            Console(markup=False, highlight=False),
            scope=args.thresholds,
            holdout=args.holdout,
            image_root=args.image_root,
            device=args.device,
            scores_in=args.scores_in,
            inputs=inputs,
            overwrite=args.overwrite,
        )


if __name__ == '__main__':
    main()
