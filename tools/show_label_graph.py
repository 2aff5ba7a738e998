"""Draw which categories occur together in a config's training labels; print the strongest pairs.

Example: python tools/show_label_graph.py configs/dsrb_coco_p50.py --out graph.png
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.console import Console
from rich.table import Table

from dsrb.tool_arguments import config_arguments

if TYPE_CHECKING:
    import pandas as pd


def edge_table(edges: pd.DataFrame) -> Table:
    table = Table('of images with', 'share', 'have as well', 'images', 'lift', title='Edges')
    for edge in edges.itertuples():
        counts = f'{edge.together:,} of {edge.positives:,}'
        table.add_row(edge.category, f'{edge.share:.1%}', edge.other, counts, f'{edge.lift:.1f}')
    return table


def main(argv: list[str] | None = None) -> None:
    parser = config_arguments(__doc__)
    parser.add_argument('--out', required=True, help='picture to write')
    parser.add_argument('--top', type=int, default=20, help='strongest pairs to print')
    parser.add_argument(
        '--min-positives', type=int, default=10, help='of the first category of a printed pair'
    )
    parser.add_argument(
        '--order',
        choices=['similar', 'dataset'],
        default='similar',
        help='categories that occur together side by side, or as in the data set',
    )
    args = parser.parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.cli.tools import read_config
    from dsrb_mm.datasets.config_data import build_split
    from dsrb_mm.models.layers import label_graph
    from dsrb_mm.visualization import draw_label_graph, similar_order, strongest_edges

    with clear_errors(ValueError, FileExistsError):
        cfg = read_config(args)
        protect_inputs(cfg, [args.out])
        data = build_split(cfg, 'train')
    weights = label_graph(data.labels)
    order = similar_order(weights) if args.order == 'similar' else range(len(weights))
    names = [data.classes[c] for c in order]
    known = (data.labels >= 0).mean()
    title = f'Label graph of {len(data.labels):,} training images, {known:.0%} of the labels known'
    draw_label_graph(weights[order][:, order], names, args.out, title)
    console = Console(markup=False, highlight=False)
    edges = strongest_edges(data.labels, data.classes, args.top, args.min_positives)
    if edges.empty:
        console.print(f'no pairs: no category with {args.min_positives} known positives has any')
    else:
        console.print(edge_table(edges))
    console.print(f'picture: {args.out}', soft_wrap=True)


if __name__ == '__main__':
    main()
