"""A report from a config and a checkpoint."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from mmengine.config import Config
from torch import nn

from dsrb_mm.arguments import check_int
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.config_file import read_config_file
from dsrb_mm.report.bootstrap import RESAMPLES
from dsrb_mm.report.figures import build_figures
from dsrb_mm.report.judged import judge
from dsrb_mm.report.page import render_page
from dsrb_mm.report.thumbnails import maps_of, thumbnail

PAGE, METRICS = 'report.html', 'metrics.json'


def report_files(folder: str | Path) -> list[Path]:
    """The files that :func:`write_report` writes into a folder."""
    return [Path(folder, name) for name in (PAGE, METRICS)]


def write_report(
    config: str | Path | Config,
    checkpoint: str | Path,
    out_dir: str | Path,
    split: str = 'test',
    device: str | None = None,
    resamples: int = RESAMPLES,
    mistakes: int = 24,
    title: str | None = None,
) -> Path:
    """Judge a checkpoint; write ``report.html``, and ``metrics.json`` with every figure of it.

    Args:
        config: Config or its file.
        checkpoint: Weights; with a calibration, its thresholds are used, on the images of its fit
            by cross-validation. Without one, categories are predicted from 0.5 on.
        out_dir: Folder to write to, created if missing.
        split: ``'test'``, or ``'val'``.
        device: Where to compute; None is the GPU if there is one.
        resamples: Number of resamples for the bootstrap intervals.
        mistakes: Maximum number of wrong predictions shown, and of missed labels.
        title: Heading of the page; None: the config's name.

    Returns:
        The page.

    Raises:
        FileNotFoundError: A file is missing.
        ValueError: Config, data and checkpoint do not fit each other.

    Example:
        >>> write_report('configs/saliency_csv_cpu.py', 'epoch_12.pth', 'report')
        PosixPath('report/report.html')
    """
    check_int('mistakes', mistakes)
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)  # before the work: it may be in the way
    cfg = config if isinstance(config, Config) else read_config_file(config)
    judged, model, data = judge(cfg, checkpoint, split, device)
    figures = build_figures(judged, resamples, mistakes)
    figures.update(checkpoint=str(checkpoint), config=str(cfg.filename or 'a config in memory'))
    pictures = {
        kind: _pictures(found, model, data.samples) for kind, found in figures['mistakes'].items()
    }
    page = render_page(figures, pictures, title or Path(cfg.filename or 'model').stem)
    with open_atomically(folder / METRICS) as file:
        json.dump(figures, file, indent=1, allow_nan=False)
    with open_atomically(folder / PAGE) as file:
        file.write(page)
    return folder / PAGE


def _pictures(
    mistakes: list[dict[str, Any]], model: nn.Module, samples: Any
) -> list[dict[str, str | None]]:
    """For each mistake the image, and the image under what the model looked at."""
    maps = maps_of(model, samples, [(m['image'], m['category_index']) for m in mistakes])
    return [
        dict(
            image=thumbnail(mistake['path']),
            heat=None if heat is None else thumbnail(mistake['path'], heat),
        )
        for mistake, heat in zip(mistakes, maps, strict=True)
    ]
