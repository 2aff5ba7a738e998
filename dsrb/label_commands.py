"""The commands about labels."""

from __future__ import annotations

from enum import Enum
from pathlib import Path
from typing import Annotated

import typer

from dsrb.arguments import (
    Device,
    Ignore,
    Images,
    Labels,
    Overwrite,
    Seed,
    SkipMissing,
    Unknown,
    WorkDir,
    loading,
)


class Order(str, Enum):
    """Of a ranking."""

    category = 'category'
    entry = 'entry'
    image = 'image'


class Value(str, Enum):
    """What makes an entry of a ranking valuable."""

    uncertainty = 'uncertainty'
    score = 'score'


class Kind(str, Enum):
    """What questions are written for."""

    page = 'page'
    label_studio = 'label-studio'
    fiftyone = 'fiftyone'


def complete(
    work_dir: WorkDir,
    out: Annotated[Path, typer.Option(help='CSV to write')] = Path('labels_filled.csv'),
    precision: Annotated[
        float, typer.Option(min=0, max=1, help='precision that the filled-in labels should have')
    ] = 0.9,
    rank_out: Annotated[
        Path | None, typer.Option(help='CSV of what to annotate next, for dsrb ask')
    ] = None,
    rank_by: Annotated[
        Order, typer.Option(help='category: equally many entries of each')
    ] = Order.category,
    rank_value: Annotated[
        Value, typer.Option(help='score: to find present labels')
    ] = Value.uncertainty,
    rank_limit: Annotated[
        int, typer.Option(min=0, help='maximum number of rows of --rank-out; 0: all')
    ] = 10_000,
    scores_out: Annotated[
        Path | None, typer.Option(help='CSV file for all scores, which --scores-in reads')
    ] = None,
    scores_in: Annotated[
        Path | None,
        typer.Option(exists=True, dir_okay=False, help='read the scores from this file'),
    ] = None,
    report: Annotated[Path | None, typer.Option(help='.json of thresholds and counts')] = None,
    overwrite: Overwrite = False,
    device: Device = None,
) -> None:
    """Fill in missing training labels where the model is sure enough, and rank the others."""
    with loading():
        from dsrb_mm.cli.label_commands import complete_command
    files = dict(
        completed=out,
        scores=scores_out,
        ranking=rank_out,
        report=report,
        order=rank_by.value,
        value=rank_value.value,
        limit=rank_limit or None,
    )
    complete_command(work_dir, files, precision, scores_in, overwrite, device)


def ask(
    work_dir: WorkDir,
    ranking: Annotated[
        Path, typer.Argument(exists=True, dir_okay=False, help='CSV of dsrb complete --rank-out')
    ],
    out: Annotated[Path, typer.Option(help='.html, or .json, to write')] = Path('review.html'),
    images: Annotated[
        Path | None,
        typer.Option(exists=True, file_okay=False, help='folder of the images [of the training]'),
    ] = None,
    to: Annotated[Kind, typer.Option(help='page: for a browser')] = Kind.page,
    limit: Annotated[int, typer.Option(min=0, help='maximum number of questions; 0: all')] = 500,
    overwrite: Overwrite = False,
) -> None:
    """Ask annotators for the labels of a ranking: a page with keys, or tasks for a tool."""
    with loading():
        from dsrb_mm.cli.label_commands import ask_command
    ask_command(work_dir, ranking, out, images, to.value, limit, overwrite)


def check(
    labels: Annotated[Path | None, typer.Argument(exists=True, help='file of labels')] = None,
    images: Images = None,
    unknown: Unknown = None,
    ignore: Ignore = None,
    skip_missing: SkipMissing = False,
    decode: Annotated[bool, typer.Option(help='decode every image')] = False,
    env: Annotated[bool, typer.Option('--env', help='show versions, for a bug report')] = False,
) -> None:
    """Check labels and images before training."""
    if labels is None and not env:
        raise typer.BadParameter('expected a file of labels, or --env', param_hint='LABELS')
    if env:
        with loading():
            from dsrb_mm.cli.commands import env_command
        env_command()
    if labels is not None:
        with loading():
            from dsrb_mm.cli.label_commands import check_command
        check_command(labels, images, unknown, tuple(ignore or ()), skip_missing, decode)


def import_(
    labels: Labels,
    out: Annotated[Path, typer.Option(help='CSV to write')],
    images: Images = None,
    unknown: Unknown = None,
    ignore: Ignore = None,
    separator: Annotated[str, typer.Option(help='between tags in one cell')] = '|',
    skip_missing: SkipMissing = False,
    val: Annotated[
        float, typer.Option(help='share drawn for validation, if there is no such split')
    ] = 0.2,
    test: Annotated[
        float, typer.Option(help='share drawn for testing, if there is no such split')
    ] = 0.0,
    seed: Seed = 0,
    add_to: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            dir_okay=False,
            help='CSV whose unknown labels are filled in, for instance with answers',
        ),
    ] = None,
    relative_to: Annotated[
        Path | None,
        typer.Option(
            exists=True,
            file_okay=False,
            help='folder that the paths in the CSV are relative to [that of the CSV]',
        ),
    ] = None,
    overwrite: Overwrite = False,
) -> None:
    """Turn labels of another format into a CSV, with a split, or add them to one."""
    with loading():
        from dsrb_mm.cli.label_commands import import_command
    import_command(
        *(labels, out),
        image_root=images,
        unknown=unknown,
        ignore_columns=tuple(ignore or ()),
        separator=separator,
        skip_missing=skip_missing,
        val=val,
        test=test,
        seed=seed,
        add_to=add_to,
        relative_to=relative_to,
        overwrite=overwrite,
    )
