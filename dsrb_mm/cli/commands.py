"""What the commands of ``dsrb`` that are about models do; a function per command."""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from itertools import chain
from pathlib import Path
from typing import Any

import mmcv
import mmpretrain
from mmengine.utils.dl_utils import collect_env

import dsrb_mm
from dsrb_mm.apis import score_writer, write_scores
from dsrb_mm.cli.command_settings import WRONG_INPUT, quiet_console
from dsrb_mm.cli.errors import clear_errors, interruptible
from dsrb_mm.cli.exporting import export_model
from dsrb_mm.cli.outputs import files_below, protect_inputs
from dsrb_mm.cli.predictions import find_inputs, picture_files, prediction_table
from dsrb_mm.datasets.data_checks import shorten
from dsrb_mm.datasets.image_decoding import UnreadableImageError
from dsrb_mm.features import cached_where_possible
from dsrb_mm.fileio.outputs import check_picture_folder
from dsrb_mm.report import report_files, write_report
from dsrb_mm.workflow import find_checkpoint, load, train
from dsrb_mm.workflow.work_dir import LABELS, count_splits, read_config


def train_command(labels: Path, work_dir: Path, **options: Any) -> None:
    """Train, and say how to go on."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        try:
            with interruptible():
                train(labels, work_dir, **options)
        except KeyboardInterrupt:
            sys.exit('interrupted: the same command with --resume goes on')
        except UnreadableImageError as error:
            raise ValueError(
                f'{error}; dsrb check {labels} --decode lists all such images'
            ) from error
    console.print(f'model: {find_checkpoint(work_dir)}', soft_wrap=True)
    console.print('next:')
    for command in ('report {}', 'predict {} IMAGES', 'thresholds {}', 'complete {}', 'export {}'):
        console.print(f'  dsrb {command.format(work_dir)}', soft_wrap=True)


def predict_command(
    work_dir: Path,
    inputs: Sequence[Path],
    out: Path | None = None,
    pictures: Path | None = None,
    threshold: float | None = None,
    skip_unreadable: bool = False,
    overwrite: bool = False,
    device: str | None = None,
) -> None:
    """Predict images into a file, or into a table on the screen."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        if out is not None:
            score_writer(out)  # an unknown suffix is an error before the work
        cfg = read_config(work_dir)
        read = chain.from_iterable(map(files_below, inputs))
        images = find_inputs(inputs, console)
        drawn = picture_files(images, pictures)
        protect_inputs(cfg, [out, *drawn], pictures, read, overwrite)
        if pictures is not None:
            check_picture_folder(pictures, [path for path in inputs if path.is_dir()])
        model = load(work_dir, device)
        predicted: set[str] = set()
        results = model.stream(
            images,
            batch_size=8,
            thr=threshold,
            show_dir=pictures,
            skip_unreadable=skip_unreadable,
        )
        results = _note_paths(results, predicted)
        if out is None:
            console.print(prediction_table(list(results)))
        else:
            count = write_scores(results, out, model.classes)
            console.print(f'{out}: {count} images', soft_wrap=True)
    left = [image.path for image in images if image.path not in predicted]
    if left:
        console.print(f'{len(left)} left out, unreadable: {shorten(left)}', soft_wrap=True)


def _note_paths(results: Iterator[dict[str, Any]], paths: set[str]) -> Iterator[dict[str, Any]]:
    for result in results:
        paths.add(result['path'])
        yield result


def report_command(work_dir: Path, out: Path | None, split: str | None, device: str | None) -> None:
    """Write the page that judges a model."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        cfg = read_config(work_dir)
        checkpoint = find_checkpoint(work_dir)
        splits = count_splits(work_dir / LABELS)
        if split is not None and not splits.get(split):
            raise ValueError(
                f'expected {work_dir / LABELS} to have images of split {split!r}, got {splits}'
            )
        out = out or work_dir / 'report'
        protect_inputs(cfg, report_files(out), inputs=[checkpoint])
        title = work_dir.resolve().name
        cfg = cached_where_possible(cfg, ('val', 'test'))
        page = write_report(cfg, checkpoint, out, split or 'test', device, title=title)
    console.print(f'open {page} in a browser', soft_wrap=True)


def export_command(work_dir: Path, out: Path, overwrite: bool) -> None:
    """Export to ONNX, and compare the file with PyTorch."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        cfg = read_config(work_dir)
        checkpoint = find_checkpoint(work_dir)
        protect_inputs(cfg, [out], inputs=[checkpoint], overwrite=overwrite)
        for line in export_model(cfg, checkpoint, out):
            console.print(line, soft_wrap=True)


def env_command() -> None:
    """Print the versions and devices that a bug report should name."""
    console = quiet_console()
    found = dict(dsrb_mm=dsrb_mm.__version__, **collect_env())
    # Two screens of compiler flags; the version of PyTorch tells them.
    found.pop('PyTorch compiling details', None)
    found.update(MMPretrain=mmpretrain.__version__, MMCV=mmcv.__version__)
    for name, value in found.items():
        console.print(f'{name}: {value}', soft_wrap=True)
