"""Which labels to ask for: entries of a ranking, with the image files."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from dsrb_mm.arguments import read_probability
from dsrb_mm.datasets.readers.csv_cells import read_body, read_header
from dsrb_mm.datasets.readers.image_names import check_image_names

_COLUMNS = ('path', 'category', 'score')
_SHOWN = 3


class Question(NamedTuple):
    """Is this category in this image?

    Attributes:
        path: Image, relative to the image root.
        category: Name of the category.
        score: Probability that the model gives.
    """

    path: str
    category: str
    score: float


def read_questions(
    path: str | Path, image_root: str | Path, limit: int | None = None
) -> list[Question]:
    """Read what ``tools/complete_labels.py --rank-out`` wrote: path, category, score.

    Args:
        path: The CSV; further columns are ignored.
        image_root: Folder that its paths are relative to.
        limit: Maximum number of questions; None: all.

    Raises:
        FileNotFoundError: The file, or images of it, are missing.
        ValueError: A column is missing, a score is not a number from 0 to 1, or a path leaves the
            image root; file and line are named.

    Example:
        >>> read_questions('annotate_next.csv', 'data/csv/images', limit=200)
    """
    header = read_header(path)
    missing = [name for name in _COLUMNS if name not in header]
    if missing:
        raise ValueError(f'expected {path} to have columns {_COLUMNS}, but {missing} are missing')
    columns = [header.index(name) for name in _COLUMNS]
    found: list[Question] = []
    for line, row in read_body(path, len(header)):
        if limit is not None and len(found) == limit:
            break
        name, category, score = (row[column] for column in columns)
        found.append(Question(name, category, _read_score(score, f'{path}, line {line}')))
    if not found:
        raise ValueError(f'expected {path} to hold questions, but got none')
    check_image_names([question.path for question in found], str(image_root), str(path))
    _check_files(found, image_root)
    return found


def by_image(questions: Sequence[Question]) -> dict[str, list[Question]]:
    """Questions of each image, in the order of the images' first questions."""
    found: dict[str, list[Question]] = {}
    for question in questions:
        found.setdefault(question.path, []).append(question)
    return found


def _read_score(text: str, place: str) -> float:
    score = read_probability(text)
    if score is None:
        raise ValueError(f'{place}: expected a score from 0 to 1, but got {text[:80]!r}')
    return score


def _check_files(questions: Sequence[Question], image_root: str | Path) -> None:
    paths = dict.fromkeys(question.path for question in questions)
    missing = [path for path in paths if not os.path.isfile(os.path.join(image_root, path))]
    if missing:
        raise FileNotFoundError(
            f'{len(missing)} of {len(paths)} images not found in {image_root}: {missing[:_SHOWN]}'
        )
