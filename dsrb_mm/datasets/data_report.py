"""What a config's data holds: counts, labels, missing and unreadable images."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.benchmarks import find_benchmark
from dsrb_mm.datasets.config_data import SPLITS, ConfigData
from dsrb_mm.datasets.data_checks import (
    contradictions,
    real_paths,
    repeated_names,
    shared_images,
    shorten,
)
from dsrb_mm.datasets.few_labels import few_known
from dsrb_mm.datasets.image_decoding import MAX_PIXELS
from dsrb_mm.datasets.readable_images import find_max_pixels, unreadable_images
from dsrb_mm.datasets.wrappers import change_innermost, innermost_configs, innermost_datasets


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
                hint = '; a column that is no category goes into ignore_columns'
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


def build_reports(cfg: Config) -> list[DataReport]:
    """Build the data sets of a config and look at their labels and files.

    Args:
        cfg: Config with data loaders. A validation set that is also the test set is looked at once.

    Raises:
        ValueError: No dataset in the config.
        FileNotFoundError: Annotations are missing.
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    train, val, test = (cfg.get(f'{split}_dataloader') for split in SPLITS)
    loaders = {'train': train, 'val': val, 'test': test or val}
    if val and val['dataset'] == loaders['test']['dataset']:
        named = {inner.get('split') for inner in innermost_configs(val['dataset'])}
        del loaders['test' if named == {'val'} else 'val']
    reports = []
    for split, loader in loaders.items():
        if loader:
            dataset = DATASETS.build(change_innermost(loader['dataset'], _skip_image_check))
            reports.append(DataReport.from_data(ConfigData.from_dataset(split, dataset)))
    if not reports:
        raise ValueError('expected the config to have a train or test dataloader, but got neither')
    return reports


def leaks(reports: Sequence[DataReport]) -> list[str]:
    """Which sets hold images of the training set, one line each."""
    train = [report for report in reports if report.split == 'train']
    found = []
    for report in reports:
        shared = shared_images(train[0].paths, report.paths) if train else []
        if shared and report.split != 'train':
            found.append(
                f'{report.split}: {len(shared)} images of the training set: {shorten(shared)}'
            )
    return found


def unread_rows(reports: Sequence[DataReport]) -> list[str]:
    """Splits that a CSV names and no data set reads, one line per file."""
    read: dict[str, set[str]] = defaultdict(set)
    rows: dict[str, Mapping[str, int]] = {}
    for report in reports:
        for part in innermost_datasets(report.dataset):
            if getattr(part, 'split_counts', None):
                rows[part.ann_file] = part.split_counts
                read[part.ann_file].add(part.split)
    found = []
    for file, counts in rows.items():
        unread = [f'{name!r} ({n:,})' for name, n in counts.items() if name not in read[file]]
        if unread:
            found.append(f'{file}: no data set reads the rows of the splits {shorten(unread)}')
    return found


def model_problems(cfg: Config, reports: Sequence[DataReport]) -> list[str]:
    """Where neck and head of a config are not for the categories of its data, one line each."""
    model, expected = cfg.get('model') or {}, len(reports[0].classes)
    parts = {part: (model.get(part) or {}).get('num_classes') for part in ('neck', 'head')}
    return [
        f'expected model.{part}.num_classes to be {expected}, the number of categories of the '
        f'{reports[0].split} set, but got {found}'
        for part, found in parts.items()
        if found not in (None, expected)
    ]


def _skip_image_check(config: dict) -> None:
    """A missing image is to be reported with all others, not to stop the building."""
    if str(config.get('type')).endswith('CSVMultiLabel'):
        config['check_images'] = False


def find_unreadable(report: DataReport, workers: int | None = None) -> None:
    """Decode every existing image of a set and note those that fail; shows a progress bar.

    Args:
        report: Filled in: ``unreadable``.
        workers: Processes; None: one a core.
    """
    missing = set(report.missing)
    paths = [path for path in dict.fromkeys(report.paths) if path not in missing]
    text = f'reading {report.split} images'
    report.unreadable = unreadable_images(paths, report.max_pixels, workers, text)
