"""Files of predictions: CSV of all probabilities, JSON lines of predictions and probabilities."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import IO, Any

from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.fileio.csv_rows import path_cell, plain_cell, row_writer

Result = dict[str, Any]
_PREDICTED = 'predicted'


def write_scores(
    results: Iterable[Result], path: str | Path, classes: Sequence[str] | None = None
) -> int:
    """Write results as they come, one image per line.

    ``.csv``: the columns ``path``, one for each category with its probability, and ``predicted``,
    the names of the predicted categories separated by ``|``; a category of that name takes the
    place of the last column. ``.jsonl``: one object per line, ``{"path": ..., "predicted":
    [names], "scores": {name: probability}}``. The file gets its name when it is complete; if an
    error stops the results, there is none.

    Args:
        results: What ``MultiLabelInferencer`` gives.
        path: File to write, ``.csv`` or ``.jsonl``; its folder is made.
        classes: Category names; None for numbers.

    Returns:
        Number of images written.

    Raises:
        ValueError: Another suffix.
    """
    path = Path(path)
    write = score_writer(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(path, newline='') as file:
        return write(file, results, classes)


def score_writer(path: str | Path) -> Callable[[IO[str], Iterable[Result], Any], int]:
    """What writes a file of this suffix.

    Raises:
        ValueError: Neither ``.csv`` nor ``.jsonl``.
    """
    writers = {'.csv': _write_csv, '.jsonl': _write_json_lines}
    suffix = Path(path).suffix.lower()
    if suffix not in writers:
        raise ValueError(f'expected a file of scores to end in .csv or .jsonl, but got {path}')
    return writers[suffix]


def _names(result: Result, classes: Sequence[str] | None) -> list[str]:
    return [str(name) for name in classes or range(len(result['pred_scores']))]


def _write_csv(file: IO[str], results: Iterable[Result], classes: Sequence[str] | None) -> int:
    write, count = row_writer(file), 0
    for result in results:
        names = _names(result, classes)
        decided = _PREDICTED not in names
        if count == 0:
            write(['path', *map(plain_cell, names), *[_PREDICTED] * decided])
        row = [path_cell(result['path'] or '')]
        row += [f'{score:.6g}' for score in result['pred_scores']]
        if decided:
            row.append(plain_cell('|'.join(names[label] for label in result['pred_labels'])))
        write(row)
        count += 1
    return count


def _write_json_lines(
    file: IO[str], results: Iterable[Result], classes: Sequence[str] | None
) -> int:
    count = 0
    for result in results:
        names = _names(result, classes)
        scores = [float(f'{score:.6g}') for score in result['pred_scores']]
        entry = {
            'path': result['path'],
            'predicted': [names[label] for label in result['pred_labels']],
            'scores': dict(zip(names, scores, strict=True)),
        }
        file.write(json.dumps(entry) + '\n')
        count += 1
    return count
