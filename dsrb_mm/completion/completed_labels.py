"""The completed labels as a file that takes the place of the old one."""

from __future__ import annotations

from pathlib import Path

import pandas as pd

from dsrb_mm.completion.label_tables import label_table, relative_paths, score_table, write_table
from dsrb_mm.completion.run import Completion


def write_completed(result: Completion, path: str | Path) -> None:
    """Write completed labels as a CSV that :class:`CSVMultiLabel` reads.

    Where training reads a CSV, that file with its gaps filled: all its rows and columns, read by
    the same options. For other data a table of path, split and categories, in which the other data
    sets stand as they are.

    Args:
        result: The completion.
        path: File to write; its folder is made.
    """
    if result.source is not None:
        same = result.image_root == result.source.image_root
        result.source.write(
            path,
            result.labels,
            None if same else lambda files: relative_paths(files, result.image_root),
        )
        return
    classes = result.train.classes
    tables = [label_table(result.train.split, result.paths, result.labels, classes)]
    for data in result.others:
        names = relative_paths(data.paths, result.image_root)
        tables.append(label_table(data.split, names, data.labels, classes))
    write_table(pd.concat(tables), path)


def write_scores(result: Completion, path: str | Path) -> None:
    """Write the scores of training and held-out images, which :class:`ScoreTable` reads."""
    sets = [(result.train, result.scores)]
    if result.held_out is not None:
        sets.append((result.held_out.data, result.held_out.scores))
    tables = [
        score_table(data.split, relative_paths(data.paths, result.image_root), scores, data.classes)
        for data, scores in sets
    ]
    write_table(pd.concat(tables), path)
