"""Commands and their arguments; what they do is in ``dsrb_mm``, imported when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(
    name='dsrb',
    help='Multi-label image recognition when most labels are missing.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=dict(help_option_names=['-h', '--help']),
)

Labels = Annotated[
    Path,
    typer.Argument(
        exists=True,
        help='CSV (path, split, one column per category: 1, 0 or nothing), or an export of an '
        'annotation tool',
    ),
]
WorkDir = Annotated[Path, typer.Argument(exists=True, help='folder of a training')]
Images = Annotated[
    Path | None,
    typer.Option(exists=True, file_okay=False, help='folder of the images [beside the labels]'),
]
Unknown = Annotated[
    str | None,
    typer.Option(
        help='what an unlisted category means, for formats other than CSV: absent, unlisted '
        '(unknown), or a file of what was looked for'
    ),
]
Ignore = Annotated[
    list[str] | None, typer.Option(help='column of the CSV that is no category; repeatable')
]
Device = Annotated[str | None, typer.Option(help='cpu, cuda, cuda:1 ... [the GPU if any]')]
Budget = Annotated[str, typer.Option(help='optimiser steps, or auto: by the known labels')]
Seed = Annotated[int, typer.Option(help='of split, weights and order of images')]


def _budget(text: str) -> int | str:
    if text == 'auto':
        return text
    if not text.isdecimal() or not int(text):
        raise typer.BadParameter(
            f'expected a number of steps or auto, but got {text!r}', param_hint='--budget'
        )
    return int(text)


@app.command()
def train(
    labels: Labels,
    work_dir: Annotated[Path, typer.Option(help='where everything is written')] = Path(
        'work_dirs/dsrb'
    ),
    images: Images = None,
    unknown: Unknown = None,
    method: Annotated[
        str | None, typer.Option(help='bce, saliency, dsrb, splc ... [the recipe chooses]')
    ] = None,
    recipe: Annotated[
        str, typer.Option(help='frozen, fine-tuned, or auto: by device and number of images')
    ] = 'auto',
    budget: Budget = 'auto',
    ignore: Ignore = None,
    device: Device = None,
    seed: Seed = 0,
) -> None:
    """Train on partial labels."""
    steps = _budget(budget)
    from dsrb_mm.cli.commands import train_command

    train_command(
        *(labels, work_dir),
        images=images,
        unknown=unknown,
        method=method,
        recipe=recipe,
        budget=steps,
        ignore_columns=tuple(ignore or ()),
        device=device,
        seed=seed,
    )


@app.command()
def predict(
    work_dir: WorkDir,
    inputs: Annotated[list[Path], typer.Argument(exists=True, help='image files and folders')],
    out: Annotated[
        Path | None, typer.Option(help='.csv or .jsonl of all scores [a table on the screen]')
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help='folder for a picture each')] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help='the same for all categories [those of the training]'),
    ] = None,
    skip_unreadable: Annotated[
        bool, typer.Option(help='leave out files that cannot be decoded')
    ] = False,
    device: Device = None,
) -> None:
    """Predict the categories of images."""
    from dsrb_mm.cli.commands import predict_command

    predict_command(work_dir, inputs, out, pictures, threshold, skip_unreadable, device)


@app.command()
def evaluate(
    work_dir: WorkDir,
    labels: Annotated[
        Path | None, typer.Option(exists=True, help='another file [that of the training]')
    ] = None,
    images: Images = None,
    unknown: Unknown = None,
    split: Annotated[str | None, typer.Option(help='[test, or val without one]')] = None,
    out: Annotated[Path | None, typer.Option(help='.json for all metrics')] = None,
    device: Device = None,
) -> None:
    """Measure a model on known labels."""
    from dsrb_mm.cli.commands import evaluate_command

    evaluate_command(work_dir, labels, images, unknown, split, out, device)


@app.command()
def report(
    work_dir: WorkDir,
    out: Annotated[Path | None, typer.Option(help='folder [WORK_DIR/report]')] = None,
    split: Annotated[str | None, typer.Option(help='test or val [test, or val without]')] = None,
    device: Device = None,
) -> None:
    """Write a page about a model: figures per category, curves, worst mistakes."""
    from dsrb_mm.cli.commands import report_command

    report_command(work_dir, out, split, device)


@app.command()
def complete(
    work_dir: WorkDir,
    out: Annotated[Path, typer.Option(help='CSV to write')] = Path('labels_filled.csv'),
    precision: Annotated[
        float, typer.Option(min=0, max=1, help='share of filled-in labels that should be right')
    ] = 0.9,
    overwrite: Annotated[bool, typer.Option(help='replace an existing file')] = False,
    device: Device = None,
) -> None:
    """Fill in missing training labels where the model is sure enough."""
    from dsrb_mm.cli.commands import complete_command

    complete_command(work_dir, out, precision, overwrite, device)


@app.command()
def export(
    work_dir: WorkDir,
    out: Annotated[Path, typer.Option(help='file to write')] = Path('model.onnx'),
) -> None:
    """Export a model to ONNX, and compare it with PyTorch."""
    from dsrb_mm.cli.commands import export_command

    export_command(work_dir, out)


@app.command()
def check(
    labels: Annotated[Path | None, typer.Argument(exists=True, help='file of labels')] = None,
    images: Images = None,
    unknown: Unknown = None,
    ignore: Ignore = None,
    decode: Annotated[bool, typer.Option(help='decode every image')] = False,
    env: Annotated[bool, typer.Option('--env', help='show versions, for a bug report')] = False,
) -> None:
    """Check labels and images before training."""
    if labels is None and not env:
        raise typer.BadParameter('expected a file of labels, or --env', param_hint='LABELS')
    from dsrb_mm.cli.commands import check_command, env_command

    if env:
        env_command()
    if labels is not None:
        check_command(labels, images, unknown, tuple(ignore or ()), decode)


@app.command(name='import')
def import_(
    labels: Labels,
    out: Annotated[Path, typer.Option(help='CSV to write')],
    images: Images = None,
    unknown: Unknown = None,
    ignore: Ignore = None,
    val: Annotated[float, typer.Option(help='share drawn for validation, if there is none')] = 0.2,
    test: Annotated[float, typer.Option(help='share drawn for testing, if there is none')] = 0.0,
    seed: Seed = 0,
    overwrite: Annotated[bool, typer.Option(help='replace an existing file')] = False,
) -> None:
    """Turn labels of another format into a CSV, with a split."""
    from dsrb_mm.cli.commands import import_command

    import_command(
        *(labels, out),
        image_root=images,
        unknown=unknown,
        ignore_columns=tuple(ignore or ()),
        val=val,
        test=test,
        seed=seed,
        overwrite=overwrite,
    )


@app.command()
def compare(
    labels: Labels,
    methods: Annotated[
        list[str], typer.Option('--method', '-m', help='bce, saliency, dsrb ...; repeatable')
    ],
    work_dir: Annotated[Path, typer.Option()] = Path('work_dirs/compare'),
    images: Images = None,
    unknown: Unknown = None,
    ignore: Ignore = None,
    proportions: Annotated[
        list[float] | None,
        typer.Option('--proportion', '-p', help='of known labels; repeatable [1: as they are]'),
    ] = None,
    seeds: Annotated[int, typer.Option(min=1, help='runs of each method')] = 3,
    budget: Budget = 'auto',
) -> None:
    """Compare methods on your labels."""
    steps = _budget(budget)
    from dsrb_mm.cli.commands import compare_command

    compare_command(
        *(labels, methods, work_dir, images, unknown),
        *(tuple(ignore or ()), proportions or [1.0], seeds, steps),
    )


def main() -> None:
    """Run the command line."""
    app()
