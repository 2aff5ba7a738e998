"""What is in the data of a config, and what is wrong with it, on the screen."""

from __future__ import annotations

from pathlib import Path

from mmengine.config import Config
from rich.console import Console

from dsrb_mm.datasets.config_report import build_reports, find_unreadable
from dsrb_mm.datasets.data_tables import tables, write_csv
from dsrb_mm.engine.training_checks import data_findings


def show_data(
    cfg: Config,
    console: Console,
    decode: bool = False,
    workers: int | None = None,
    out: str | Path | None = None,
) -> tuple[list[str], list[str]]:
    """Count images and labels of a config's data sets.

    Args:
        cfg: Config.
        console: For the tables.
        decode: Whether every image is decoded.
        workers: Processes that decode; None: one a core.
        out: CSV for the counts of all categories.

    Returns:
        Problems and notes, a line each.
    """
    reports = build_reports(cfg)
    if decode:
        for report in reports:
            find_unreadable(report, workers)
    for table in tables(reports):
        console.print(table)
    if out:
        write_csv(reports, out)
    return data_findings(cfg, reports)
