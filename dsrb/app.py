"""Commands and their arguments; ``dsrb_mm`` does the work and is imported when it is needed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dsrb.arguments import (
    Budget,
    Device,
    Held,
    Ignore,
    Images,
    Labels,
    Overwrite,
    Seed,
    SkipMissing,
    Unknown,
    WorkDir,
    loading,
    parse_budget,
)
from dsrb.label_commands import ask, check, complete, import_

app = typer.Typer(
    name='dsrb',
    help='Multi-label image recognition when most labels are missing.',
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings=dict(help_option_names=['-h', '--help']),
)


def _show_version(given: bool) -> None:
    if given:
        from importlib.metadata import version

        typer.echo(version('dsrb_mm'))
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option('--version', callback=_show_version, is_eager=True, help='show it and exit'),
    ] = False,
) -> None:
    pass


@app.command()
def train(
    labels: Labels,
    work_dir: Annotated[Path, typer.Option(help='folder for labels, log and checkpoints')] = Path(
        'work_dirs/dsrb'
    ),
    images: Images = None,
    unknown: Unknown = None,
    method: Annotated[
        str | None, typer.Option(help='bce, saliency, dsrb, splc, ... [chosen by the recipe]')
    ] = None,
    recipe: Annotated[
        str, typer.Option(help='frozen, fine-tuned, or auto: by device and number of images')
    ] = 'auto',
    budget: Budget = 'auto',
    ignore: Ignore = None,
    skip_missing: SkipMissing = False,
    device: Device = None,
    seed: Seed = 0,
    resume: Annotated[
        bool, typer.Option('--resume', help='resume an interrupted training')
    ] = False,
    overwrite: Annotated[
        bool, typer.Option('--overwrite', help='remove the checkpoints of an earlier training')
    ] = False,
) -> None:
    """Train on partial labels."""
    steps = parse_budget(budget)
    with loading():
        from dsrb_mm.cli.commands import train_command
    train_command(
        *(labels, work_dir),
        images=images,
        unknown=unknown,
        method=method,
        recipe=recipe,
        budget=steps,
        ignore_columns=tuple(ignore or ()),
        skip_missing=skip_missing,
        device=device,
        seed=seed,
        resume=resume,
        overwrite=overwrite,
    )


@app.command()
def predict(
    work_dir: WorkDir,
    inputs: Annotated[list[Path], typer.Argument(exists=True, help='image files and folders')],
    out: Annotated[
        Path | None, typer.Option(help='.csv or .jsonl file for all scores [a table on the screen]')
    ] = None,
    pictures: Annotated[Path | None, typer.Option(help='folder for one picture per image')] = None,
    threshold: Annotated[
        float | None,
        typer.Option(min=0, max=1, help='one for all categories [those learnt in training]'),
    ] = None,
    skip_unreadable: Annotated[
        bool, typer.Option(help='skip files that cannot be decoded')
    ] = False,
    overwrite: Overwrite = False,
    device: Device = None,
) -> None:
    """Predict the categories of images."""
    with loading():
        from dsrb_mm.cli.commands import predict_command
    predict_command(
        *(work_dir, inputs, out, pictures, threshold, skip_unreadable, overwrite, device)
    )


@app.command()
def evaluate(
    work_dir: WorkDir,
    labels: Annotated[
        Path | None, typer.Option(exists=True, help='labels to measure on [those of the training]')
    ] = None,
    images: Images = None,
    unknown: Unknown = None,
    split: Annotated[
        str | None, typer.Option(help='split to measure on [test if there is one, else val]')
    ] = None,
    out: Annotated[Path | None, typer.Option(help='.json file for all metrics')] = None,
    overwrite: Overwrite = False,
    device: Device = None,
) -> None:
    """Measure a model on known labels."""
    with loading():
        from dsrb_mm.cli.evaluating import evaluate_command
    evaluate_command(work_dir, labels, images, unknown, split, out, overwrite, device)


@app.command()
def report(
    work_dir: WorkDir,
    out: Annotated[Path | None, typer.Option(help='folder [WORK_DIR/report]')] = None,
    split: Annotated[Held | None, typer.Option(help='[test if there is one, else val]')] = None,
    device: Device = None,
) -> None:
    """Write a page about a model: figures per category, curves, worst mistakes."""
    with loading():
        from dsrb_mm.cli.commands import report_command
    report_command(work_dir, out, None if split is None else split.value, device)


@app.command()
def thresholds(
    work_dir: WorkDir,
    best_f1: Annotated[
        bool, typer.Option('--best-f1', help='choose those of the best F1 of each category')
    ] = False,
    precision: Annotated[
        float | None,
        typer.Option(min=0.5, max=0.99, help='choose the lowest that keep this precision'),
    ] = None,
    by_hand: Annotated[
        list[str] | None,
        typer.Option('--set', metavar='CATEGORY=THRESHOLD', help='repeatable; or CATEGORY=never'),
    ] = None,
    out: Annotated[Path | None, typer.Option(help='CSV file for the table')] = None,
    overwrite: Overwrite = False,
    device: Device = None,
) -> None:
    """Show the thresholds of a model, or choose others by the validation labels or by hand."""
    if best_f1 and precision is not None:
        raise typer.BadParameter('expected --best-f1 or --precision, but got both')
    with loading():
        from dsrb_mm.cli.choosing_thresholds import thresholds_command
    thresholds_command(work_dir, best_f1, precision, by_hand or [], out, overwrite, device)


app.command()(complete)
app.command()(ask)


@app.command()
def export(
    work_dir: WorkDir,
    out: Annotated[Path, typer.Option(help='file to write')] = Path('model.onnx'),
    overwrite: Overwrite = False,
) -> None:
    """Export a model to ONNX, and compare it with PyTorch."""
    with loading():
        from dsrb_mm.cli.commands import export_command
    export_command(work_dir, out, overwrite)


app.command()(check)
app.command(name='import')(import_)


@app.command()
def compare(
    labels: Labels,
    methods: Annotated[
        list[str],
        typer.Option('--method', '-m', help='default, bce, saliency, dsrb, ...; repeatable'),
    ],
    work_dir: Annotated[Path, typer.Option()] = Path('work_dirs/compare'),
    images: Images = None,
    unknown: Unknown = None,
    ignore: Ignore = None,
    proportions: Annotated[
        list[float] | None,
        typer.Option(
            '--proportion',
            '-p',
            min=0.001,
            max=1.0,
            help='share of the known labels that is kept; repeatable [1: all]',
        ),
    ] = None,
    known: Annotated[
        list[str] | None,
        typer.Option(
            metavar='MASK',
            help='other masks: SinglePositive, KnownPerCategory:number=20; repeatable',
        ),
    ] = None,
    runs: Annotated[int, typer.Option(min=1, help='of each method, with seeds 0, 1, ...')] = 3,
    budget: Budget = 'auto',
) -> None:
    """Compare methods on your labels."""
    steps = parse_budget(budget)
    with loading():
        from dsrb_mm.cli.comparing import compare_command
    compare_command(
        *(labels, methods, work_dir, images, unknown),
        *(tuple(ignore or ()), proportions or ([] if known else [1.0]), known or []),
        *(runs, steps),
    )


def main() -> None:
    """Run the command line."""
    app()
