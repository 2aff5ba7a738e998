r"""Draw each category's four location prototypes, by the training images nearest to each.

Example: python tools/show_prototypes.py configs/dsrb_scenes_p50.py work_dirs/demo/last.pth \
    --out-dir prototypes --categories dog cat
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from rich.progress import track

from dsrb.tool_arguments import config_arguments

if TYPE_CHECKING:
    import pandas as pd

    from dsrb_mm.models.complements.prototype_bank import PrototypeBank
    from dsrb_mm.visualization import PrototypePanel

_SIZE = 256  # pixels of a thumbnail's longer side


def make_panels(
    members: pd.DataFrame, paths: Sequence[str], bank: PrototypeBank, category: int, number: int
) -> list[PrototypePanel]:
    from dsrb_mm.visualization import PrototypePanel, original_image

    panels = []
    for quadrant, count in enumerate(bank.counts[category].tolist()):
        here = members[(members.category == category) & (members.quadrant == quadrant)]
        nearest = here.head(number)
        images = [original_image(paths[i], _SIZE) for i in nearest.image]
        panels.append(PrototypePanel(count, len(here), images, nearest.similarity.tolist()))
    return panels


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__, checkpoint=True)
    parser.add_argument('--out-dir', required=True, help='folder of the pictures, one a category')
    parser.add_argument('--categories', nargs='+', help='names; default: all')
    parser.add_argument('--images', type=int, default=4, help='images beside each prototype')
    args = parser.parse_args(argv)
    if args.images < 1:
        parser.error('--images must be at least 1')
    from dsrb_mm.apis import check_classes, load_model
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.tools import read_config
    from dsrb_mm.datasets.config_data import build_split, test_pipeline
    from dsrb_mm.visualization import draw_prototype_picture
    from dsrb_mm.visualization.nearest_images import find_members, prototype_bank
    from dsrb_mm.words.categories import find_categories

    with clear_errors(ValueError, FileExistsError):
        cfg = read_config(args)
        protect_inputs(cfg, pictures=args.out_dir)
        data = build_split(cfg, 'train', test_pipeline(cfg))
        categories = find_categories(args.categories or data.classes, data.classes)
        model = load_model(cfg, args.checkpoint, args.device)
        check_classes(model, data.classes, args.checkpoint)
        bank = prototype_bank(model)
        members = find_members(model, data, cfg, categories)
        for category in track(categories, 'drawing'):
            panels = make_panels(members, data.paths, bank, category, args.images)
            name = re.sub(r'[^\w-]+', '_', data.classes[category])
            path = Path(args.out_dir) / f'{category:03d}_{name}.png'
            draw_prototype_picture(data.classes[category], panels, path, args.images)
    print(f'pictures of {len(categories)} categories: {args.out_dir}')


if __name__ == '__main__':
    main()
