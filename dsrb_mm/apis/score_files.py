"""Files of predictions: CSV of all probabilities, JSON of predictions and probabilities."""

from __future__ import annotations

import csv
import json
import os
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import Any, TextIO

Result = dict[str, Any]


def write_scores(
    results: Iterable[Result], path: str | Path, classes: Sequence[str] | None = None
) -> int:
    """Write results as they come, one image a line.

    ``.csv``: the columns ``path`` and one for each category, with its probability. ``.json``:
    ``{"classes": [names], "images": [{"path", "predicted": [{"label", "class", "score"}],
    "scores": [probabilities]}]}``. The file gets its name when it is complete; until then, and
    where an error stops the results, its name ends in ``.part``.

    Args:
        results: What ``MultiLabelInferencer`` gives.
        path: File to write, ``.csv`` or ``.json``; its folder is made.
        classes: Category names; None for numbers.

    Returns:
        Number of images written.

    Raises:
        ValueError: Another suffix.
    """
    path = Path(path)
    write = score_writer(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_name(f'{path.name}.part')
    with part.open('w', newline='', encoding='utf-8') as file:
        count = write(file, results, classes)
    os.replace(part, path)
    return count


def score_writer(path: str | Path) -> Callable[[TextIO, Iterable[Result], Any], int]:
    """What writes a file of this suffix.

    Raises:
        ValueError: Neither ``.csv`` nor ``.json``.
    """
    writers = {'.csv': _write_csv, '.json': _write_json}
    suffix = Path(path).suffix.lower()
    if suffix not in writers:
        raise ValueError(f'expected a file of scores to end in .csv or .json, but got {path}')
    return writers[suffix]


def _names(result: Result, classes: Sequence[str] | None) -> list[str]:
    return [str(name) for name in classes or range(len(result['pred_scores']))]


def _write_csv(file: TextIO, results: Iterable[Result], classes: Sequence[str] | None) -> int:
    writer, count = csv.writer(file, lineterminator='\n'), 0
    for result in results:
        if count == 0:
            writer.writerow(['path', *_names(result, classes)])
        scores = [f'{score:.6g}' for score in result['pred_scores']]
        writer.writerow([result['path'] or '', *scores])
        count += 1
    return count


def _write_json(file: TextIO, results: Iterable[Result], classes: Sequence[str] | None) -> int:
    count = 0
    for result in results:
        if count == 0:
            file.write(f'{{"classes": {json.dumps(_names(result, classes))}, "images": [\n')
        scores = [float(f'{score:.6g}') for score in result['pred_scores']]
        predicted = [
            {'label': label, 'class': name, 'score': scores[label]}
            for label, name in zip(result['pred_labels'], result['pred_classes'], strict=True)
        ]
        entry = {'path': result['path'], 'predicted': predicted, 'scores': scores}
        file.write((',\n' if count else '') + json.dumps(entry))
        count += 1
    file.write('\n]}\n' if count else '{"classes": [], "images": []}\n')
    return count
