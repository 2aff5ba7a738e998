"""What is known where a format can only list what is present."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.datasets.data_checks import shorten
from dsrb_mm.datasets.imports.annotations import NOTHING, ImageTags, clean
from dsrb_mm.datasets.imports.tag_column import read_looked_for
from dsrb_mm.fileio.annotation_files import read_lines

ABSENT, UNLISTED = 'absent', 'unlisted'
_SAY = (
    'say what an unlisted category means by unknown (--unknown): absent (it is not in the image), '
    'unlisted (nobody knows), or a file of the categories that were looked for: a text file of one '
    'category per line for all images, or a CSV with columns path and looked_for'
)


class UnknownRule:
    """Tells what was looked for in an image, where its own record does not.

    Args:
        unknown: ``'absent'``, ``'unlisted'``, or a file; see :func:`import_labels`.
        separator: Between categories in a cell of a CSV.

    Raises:
        ValueError: Nothing was stated, or the file cannot be read.
        FileNotFoundError: No such file.
    """

    def __init__(self, unknown: str | Path | None, separator: str) -> None:
        if not unknown:
            raise ValueError(_SAY)
        self.everything = str(unknown) == ABSENT
        self.overall: frozenset[str] = frozenset()
        self.by_image: Mapping[str, frozenset[str]] = {}
        self.source = str(unknown)
        if self.source in (ABSENT, UNLISTED):
            return
        if not Path(unknown).is_file():
            raise FileNotFoundError(f'no such file: {unknown}; {_SAY}')
        if Path(unknown).suffix.lower() == '.csv':
            self.by_image = read_looked_for(Path(unknown), separator)
        else:
            self.overall = frozenset(clean(read_lines(unknown)))

    def looked_for(self, image: ImageTags, path: str) -> frozenset[str] | None:
        """Return the categories that were looked for in an image; None: all of them.

        Args:
            image: The record of the image.
            path: Its path in the folder of images, which a file of what was looked for may use.
        """
        if not image.seen:
            return frozenset()
        if image.looked_for is not None:
            return image.looked_for
        if self.everything:
            return None
        named = (self.by_image.get(name, NOTHING) for name in (image.path, path))
        return self.overall.union(*named)

    def check(
        self, images: Sequence[ImageTags], paths: Sequence[str], columns: Iterable[str]
    ) -> None:
        """Refuse a file that does not belong to these images and categories.

        Raises:
            ValueError: It names none of the images, or none of the categories.
        """
        names = {image.path for image in images}.union(paths)
        if self.by_image and not names & self.by_image.keys():
            raise ValueError(
                f'expected {self.source} to name images such as {sorted(names)[:3]}, but got '
                f'{[*self.by_image][:3]}'
            )
        named = self.overall.union(*self.by_image.values())
        if (self.overall or self.by_image) and not named & set(columns):
            raise ValueError(
                f'expected {self.source} to name categories such as {[*columns][:3]}, but got '
                f'{sorted(named)[:3]}'
            )

    def notes(self, columns: Iterable[str]) -> list[str]:
        """Say what was looked for and is no category of the labels."""
        named = self.overall.union(*self.by_image.values())
        others = sorted(named - set(columns))
        text = f'{self.source} names what is no category of the labels: {shorten(others)}'
        return [text] if others else []


def label_matrix(
    images: Sequence[ImageTags],
    paths: Sequence[str],
    categories: Sequence[str],
    rule: UnknownRule,
) -> NDArray:
    """Make labels: what is listed is present, what was looked for and not listed is absent.

    What annotators disagree on is unknown.

    Args:
        images: Records (N).
        paths: Their paths in the folder of images.
        categories: Names (C).
        rule: Tells what was looked for.

    Shape:
        -> (N, C) int8 in {1, 0, -1}.
    """
    columns = {name: column for column, name in enumerate(categories)}
    labels = np.full((len(images), len(categories)), -1, np.int8)
    for row, (image, path) in enumerate(zip(images, paths, strict=True)):
        looked_for = rule.looked_for(image, path)
        if looked_for is None:
            labels[row] = 0
        else:
            labels[row, [columns[name] for name in looked_for if name in columns]] = 0
        labels[row, [columns[name] for name in image.present if name in columns]] = 1
        labels[row, [columns[name] for name in image.disputed if name in columns]] = -1
    return labels
