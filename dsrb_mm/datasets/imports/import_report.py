"""What an import has read, written and left out."""

from __future__ import annotations

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from dsrb_mm.datasets.data_checks import shorten
from dsrb_mm.datasets.imports.annotations import ImageTags
from dsrb_mm.datasets.imports.images import in_several_splits

if TYPE_CHECKING:
    import pandas as pd


@dataclass(frozen=True)
class ImportReport:
    """What :func:`import_labels` has read and written.

    Attributes:
        out: The CSV.
        format: Format that was read.
        image_root: Folder that paths in the CSV are relative to.
        counts: One row per category: category, present, absent, unknown.
        splits: Number of images by split.
        notes: Further remarks for users, one line each.
    """

    out: Path
    format: str
    image_root: str
    counts: pd.DataFrame
    splits: dict[str, int]
    notes: tuple[str, ...]

    def as_read(self, lines: Sequence[str], source: str | Path) -> list[str]:
        """Name the source in remarks about the CSV, which may be a temporary file."""
        return [line.replace(str(self.out), str(source)) for line in lines]

    def __str__(self) -> str:
        total = self.counts[['present', 'absent', 'unknown']].sum()
        splits = ', '.join(
            f'{count:,} {name or "without a split"}' for name, count in sorted(self.splits.items())
        )
        head = (
            f'{self.out}: {sum(self.splits.values()):,} images ({splits}), {len(self.counts)} '
            f'categories, read as {self.format}\n{total.present:,} labels present, '
            f'{total.absent:,} absent, {total.unknown:,} unknown'
        )
        return '\n'.join([head, self.counts.to_string(index=False), *self.notes])


def import_notes(
    records: Sequence[ImageTags],
    files: Sequence[str | None],
    images: Sequence[ImageTags],
    merged: int,
) -> list[str]:
    """Say what was left out, merged or made unknown.

    Args:
        records: All records of the source.
        files: Their image files, None for missing ones.
        images: The records that were written, merged by image.
        merged: How many records were merged into others.
    """
    missing = list(files).count(None)
    clashing = in_several_splits(records, files)
    unseen = sum(not image.seen for image in images)
    disputed = [f'{name} of {image.path}' for image in images for name in sorted(image.disputed)]
    lines = {
        f'{missing} images are missing and were left out': missing,
        f'{merged} records are of images that have another one; they were merged': merged,
        f'{len(clashing)} images are in several splits and stay in the one named first: '
        f'{shorten(clashing)}': clashing,
        f'{unseen} images were not looked at: all their labels are unknown': unseen,
        f'{len(disputed)} labels are unknown: annotators disagree, or all objects are marked '
        f'difficult: {shorten(disputed)}': disputed,
    }
    return [line for line, there in lines.items() if there]


def category_notes(
    named: Sequence[str], columns: Sequence[str], source: Path, format: str
) -> list[str]:
    """Say what is odd about the categories of a source, and about those that were written.

    Args:
        named: Categories that the source names.
        columns: The categories that were written.
        source: The source, for the text.
        format: Its format.
    """
    in_source, written = set(named), set(columns)
    left_out = [name for name in named if name not in written]
    missing = [name for name in columns if name not in in_source]
    joined = [name for name in named if format == 'tags' and re.search('[,;|]', name)]
    alike = Counter(_plain(name) for name in columns)
    twins = [name for name in columns if alike[_plain(name)] > 1]
    lines = {
        f'categories left out: {shorten(left_out)}': left_out,
        f'categories that {source} does not name: {shorten(missing)}': missing,
        'categories that differ in upper and lower case, or in the encoding of accents, only: '
        f'{shorten(twins)}': twins,
        'categories that may be several tags each, whose separator is another one (--separator): '
        f'{shorten(joined)}': joined,
    }
    return [line for line, there in lines.items() if there]


def _plain(name: str) -> str:
    return unicodedata.normalize('NFC', name).casefold()
