"""Filling in labels, with all files that come out of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from mmengine.config import Config
from rich.console import Console

from dsrb_mm.completion import (
    Completion,
    TrustRule,
    build_report,
    complete,
    rank_open_entries,
    report_tables,
    write_completed,
    write_scores,
    write_table,
)
from dsrb_mm.fileio.atomic import write_atomically


@dataclass(frozen=True)
class CompletionFiles:
    """What to write, and where; None is not written.

    Args:
        completed: CSV of the completed labels.
        scores: CSV of the scores of all images.
        ranking: CSV of what to annotate next.
        report: JSON of thresholds and counts.
        order: See :func:`rank_open_entries`.
        value: See :func:`rank_open_entries`.
        limit: Most rows of the ranking; None: all.

    Raises:
        ValueError: The report is no ``.json``.
    """

    completed: str | Path
    scores: str | Path | None = None
    ranking: str | Path | None = None
    report: str | Path | None = None
    order: str = 'category'
    value: str = 'uncertainty'
    limit: int | None = None

    def __post_init__(self) -> None:
        if self.report is not None and Path(self.report).suffix != '.json':
            raise ValueError(f'expected a report ending in .json, but got {self.report}')

    def paths(self) -> list[str]:
        """All files that are written."""
        given = (self.completed, self.scores, self.ranking, self.report)
        return [str(path) for path in given if path is not None]

    def write(self, result: Completion, report: dict[str, Any]) -> None:
        """Write them."""
        write_completed(result, self.completed)
        if self.scores is not None:
            write_scores(result, self.scores)
        if self.ranking is not None:
            ranking = rank_open_entries(
                *(result.scores, result.labels, result.paths, result.train.classes),
                *(self.order, self.limit, self.value),
            )
            write_table(ranking, self.ranking)
        if self.report is not None:
            Path(self.report).parent.mkdir(parents=True, exist_ok=True)
            write_atomically(self.report, json.dumps(report, indent=2).encode())


def fill_in_labels(
    cfg: Config,
    checkpoint: str | Path,
    rule: TrustRule,
    files: CompletionFiles,
    settings: dict[str, Any],
    console: Console,
    scope: str = 'auto',
    **options: Any,
) -> None:
    """Complete the labels of a config's training set, write the files, and show what was done.

    Args:
        cfg: See :func:`complete`.
        checkpoint: Its weights.
        rule: When a decision is trusted.
        files: What to write.
        settings: Further settings to note down in the report.
        console: For the tables.
        scope: See :func:`fit_thresholds`.
        **options: Of :func:`complete`.

    Raises:
        ValueError: See :func:`complete`.
        FileExistsError: A file exists.
    """
    result = complete(cfg, str(checkpoint), rule, scope=scope, outputs=files.paths(), **options)
    report = build_report(result, rule, settings, scope)
    files.write(result, report)
    for table in report_tables(report):
        console.print(table)
    if report['labels']['filled_absent'] and not report['labels']['filled_present']:
        console.print(
            'note: only absent labels were filled in; no category is recognised with the precision '
            'asked for, and a lower one (--precision) may help',
            style='yellow',
            soft_wrap=True,
        )
    console.print(f'{files.completed}: paths are relative to {result.image_root}', soft_wrap=True)
