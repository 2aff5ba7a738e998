"""What a config's data holds: counts, labels, missing and unreadable images."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from dsrb_mm.datasets.benchmarks import find_benchmark
from dsrb_mm.datasets.config_data import ConfigData
from dsrb_mm.datasets.data_checks import (
    contradictions,
    real_paths,
    repeated_names,
    shorten,
)
from dsrb_mm.datasets.few_labels import few_known
from dsrb_mm.datasets.image_decoding import MAX_PIXELS
from dsrb_mm.datasets.readable_images import find_max_pixels
from dsrb_mm.datasets.wrappers import innermost_datasets


@dataclass
class DataReport:
    """What one set of images holds.

    Attributes:
        split: ``'train'``, ``'val'`` or ``'test'``.
        dataset_type: Type of the innermost dataset.
        classes: Category names.
        labels: Labels as training sees them, (N, C) in {1, 0, -1}.
        paths: Image files.
        truth: Labels before any were hidden; None: ``labels``.
        dataset: The data set itself, where there is one.
        unreadable: Those that exist and cannot be decoded; None if they were not opened.
        max_pixels: Images of more count as unreadable, as in training.
        missing: Those that do not exist.
    """

    split: str
    dataset_type: str
    classes: Sequence[str]
    labels: np.ndarray
    paths: list[str]
    truth: np.ndarray | None = None
    dataset: Any = None
    unreadable: list[str] | None = None
    max_pixels: int | None = MAX_PIXELS
    missing: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.missing = [path for path in self.paths if not Path(path).is_file()]

    @classmethod
    def from_data(cls, data: ConfigData) -> DataReport:
        """Look at the labels and files of a data set."""
        names = [type(part).__name__ for part in innermost_datasets(data.dataset)]
        kind = ' + '.join(dict.fromkeys(names))
        report = cls(data.split, kind, data.classes, data.labels, data.paths)
        report.truth, report.dataset = data.truth, data.dataset
        report.max_pixels = find_max_pixels(data.dataset)
        return report

    @cached_property
    def repeated(self) -> dict[str, list[int]]:
        """Rows of the images that are listed more than once, by resolved path."""
        return repeated_names(real_paths(self.paths))

    @property
    def positives(self) -> np.ndarray:
        """Known positives of each category, (C,)."""
        return (self.labels == 1).sum(0)

    def problems(self) -> list[str]:
        """What is wrong, one line each; empty if nothing is."""
        found = []
        for kind, paths in (('missing', self.missing), ('unreadable', self.unreadable or [])):
            if paths:
                found.append(f'{len(paths)} images {kind}: {shorten(paths)}')
        truth = self.labels if self.truth is None else self.truth
        clashes = [
            f'{clash.name} ({self.classes[clash.category]})'
            for clash in contradictions(self.repeated, truth)
        ]
        if clashes:
            found.append(f'{len(clashes)} images with contradicting labels: {shorten(clashes)}')
        if self.nothing_known:
            found.append(self.nothing_known)
        return [f'{self.split}: {line}' for line in found]

    @property
    def nothing_known(self) -> str:
        """Why no category can be learnt or judged; empty if one can."""
        if self.positives.any():
            return ''
        what = 'learn' if self.split == 'train' else 'judge a model by'
        return f'no label is known to be present: there is nothing to {what}'

    def notes(self) -> list[str]:
        """What may be a mistake, one line each."""
        found = []
        benchmark = find_benchmark(self.dataset_type, len(self.classes))
        published = benchmark.images.get(self.split) if benchmark else None
        if benchmark is not None and published not in (None, len(self.paths)):
            found.append(
                f'{len(self.paths):,} images, where the {self.split} set of {benchmark.name} has '
                f'{published:,}: results are not comparable with published ones'
            )
        if self.repeated:
            shown = shorten(list(self.repeated))
            found.append(f'{len(self.repeated)} images are listed more than once: {shown}')
        columns = np.flatnonzero(~(self.labels >= 0).any(axis=0))
        if len(columns):
            shown = shorten([self.classes[column] for column in columns.tolist()])
            hint = ''
            if 'CSVMultiLabel' in self.dataset_type:
                hint = '; a column that is not a category is ignored by --ignore, or ignore_columns'
            found.append(f'categories without a known label ({len(columns)}): {shown}{hint}')
        found += self._one_sided()
        if self.split != 'train':
            found += few_known(self.labels)
        blind = int((~(self.labels >= 0).any(axis=1)).sum())
        if blind and self.split == 'train':
            found.append(f'{blind:,} of {len(self.labels):,} images have no known label')
        return [f'{self.split}: {line}' for line in found]

    def _one_sided(self) -> list[str]:
        """Categories of which all known labels are the same, a line for each kind."""
        present, absent = (self.labels == 1).any(axis=0), (self.labels == 0).any(axis=0)
        verb = 'learnt' if self.split == 'train' else 'judged'
        kinds = {f'positive, which cannot be {verb}': absent & ~present}
        if self.split == 'train':
            kinds['negative, which a model may call present everywhere'] = present & ~absent
        elif absent.any():  # else unknown labels count as absent there
            kinds['negative, whose AP is 100 % with any model'] = present & ~absent
        found = []
        for text, where in kinds.items():
            names = [self.classes[column] for column in np.flatnonzero(where).tolist()]
            if names:
                found.append(f'categories without a known {text} ({len(names)}): {shorten(names)}')
        return found

    def summary(self) -> dict[str, str]:
        """The numbers, formatted, by what they are."""
        positives, known = self.positives, self.labels >= 0
        low, middle, high = positives.min(), np.median(positives), positives.max()
        opened = self.unreadable is not None
        return {
            'dataset': self.dataset_type,
            'images': f'{len(self.paths):,}',
            'categories': f'{len(self.classes):,}',
            'known labels': f'{known.mean():.1%}',
            'positives per image': f'{positives.sum() / len(self.labels):.2f}',
            'positives per category (min/median/max)': f'{low:,} / {middle:,g} / {high:,}',
            'categories without known positive': f'{(positives == 0).sum():,}',
            'images without known label': f'{(~known.any(1)).sum():,}',
            'images missing': f'{len(self.missing):,}',
            'images unreadable': f'{len(self.unreadable or ()):,}' if opened else 'not checked',
        }
