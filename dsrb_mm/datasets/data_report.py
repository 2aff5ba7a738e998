"""What a config's data holds: counts, labels, missing and unreadable images."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS
from rich.table import Table

from dsrb_mm.datasets.benchmarks import find_benchmark
from dsrb_mm.datasets.config_data import image_paths
from dsrb_mm.datasets.image_decoding import MAX_PIXELS
from dsrb_mm.datasets.label_matrix import get_label_matrix
from dsrb_mm.datasets.readable_images import find_max_pixels, unreadable_images
from dsrb_mm.datasets.wrappers import change_innermost, innermost_datasets

SHOWN = 5  # files named in a problem


@dataclass
class DataReport:
    """What one set of images holds.

    Attributes:
        split: ``'train'`` or ``'test'``.
        dataset_type: Type of the innermost dataset.
        classes: Category names.
        labels: (N, C) in {1, 0, -1}.
        paths: Image files.
        unreadable: Those that exist and cannot be decoded; None if they were not opened.
        max_pixels: Images of more count as unreadable, as in training.
        missing: Those that do not exist.
    """

    split: str
    dataset_type: str
    classes: Sequence[str]
    labels: np.ndarray
    paths: list[str]
    unreadable: list[str] | None = None
    max_pixels: int | None = MAX_PIXELS
    missing: list[str] = field(init=False)

    def __post_init__(self) -> None:
        self.missing = [path for path in self.paths if not Path(path).is_file()]

    @property
    def positives(self) -> np.ndarray:
        """Known positives of each category, (C,)."""
        return (self.labels == 1).sum(0)

    def problems(self) -> list[str]:
        """What is wrong, one line each; empty if nothing is."""
        found = []
        for kind, paths in (('missing', self.missing), ('unreadable', self.unreadable or [])):
            if paths:
                more = ', ...' if len(paths) > SHOWN else ''
                found.append(f'{len(paths)} images {kind}: {", ".join(paths[:SHOWN])}{more}')
        benchmark = find_benchmark(self.dataset_type, len(self.classes))
        expected = benchmark.images.get(self.split) if benchmark else None
        if benchmark is not None and expected not in (None, len(self.paths)):
            found.append(
                f'expected the {self.split} set of {benchmark.name} to hold {expected:,} images, '
                f'but got {len(self.paths):,}'
            )
        return [f'{self.split}: {line}' for line in found]

    def notes(self) -> list[str]:
        """What may be a mistake, one line each."""
        columns = np.flatnonzero(~(self.labels >= 0).any(axis=0))
        unknown = [str(self.classes[column]) for column in columns.tolist()]
        if not unknown:
            return []
        hint = ''
        if 'CSVMultiLabel' in self.dataset_type:
            hint = '; a column that is no category goes into ignore_columns'
        shown = ', '.join(unknown[:SHOWN]) + (', ...' if len(unknown) > SHOWN else '')
        return [f'{self.split}: no known label in {len(unknown)} categories: {shown}{hint}']

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
            'positives an image': f'{positives.sum() / len(self.labels):.2f}',
            'positives a category (min/median/max)': f'{low:,} / {middle:,g} / {high:,}',
            'categories without known positive': f'{(positives == 0).sum():,}',
            'images without known label': f'{(~known.any(1)).sum():,}',
            'images missing': f'{len(self.missing):,}',
            'images unreadable': f'{len(self.unreadable or ()):,}' if opened else 'not checked',
        }


def base_type(dataset: Any) -> str:
    """Type of the dataset inside wrappers and concatenations."""
    names = [type(part).__name__ for part in innermost_datasets(dataset)]
    return ' + '.join(dict.fromkeys(names))


def build_reports(cfg: Config) -> list[DataReport]:
    """Build training and test set of a config and look at their labels and files.

    Args:
        cfg: Config with ``train_dataloader`` or ``test_dataloader`` (else ``val_dataloader``).

    Raises:
        ValueError: No dataset in the config.
        FileNotFoundError: Annotations are missing.
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    loaders = {
        'train': cfg.get('train_dataloader'),
        'test': cfg.get('test_dataloader') or cfg.get('val_dataloader'),
    }
    reports = []
    for split, loader in loaders.items():
        if loader:
            dataset = DATASETS.build(change_innermost(loader['dataset'], _skip_image_check))
            labels, classes = get_label_matrix(dataset), dataset.metainfo['classes']
            paths = image_paths(dataset)
            report = DataReport(split, base_type(dataset), classes, labels, paths)
            report.max_pixels = find_max_pixels(dataset)
            reports.append(report)
    if not reports:
        raise ValueError('expected the config to have a train or test dataloader, but got neither')
    return reports


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


def tables(reports: Sequence[DataReport], num_rarest: int = 10) -> list[Table]:
    """The numbers side by side, and each set's rarest categories."""
    summaries = [report.summary() for report in reports]
    overview = Table('', *[report.split for report in reports], title='Data')
    for name in summaries[0]:
        overview.add_row(name, *[summary[name] for summary in summaries])
    rarest = Table('', *[report.split for report in reports], title='Rarest categories')
    orders = [np.argsort(report.positives, kind='stable')[:num_rarest] for report in reports]
    for rank in range(min(len(order) for order in orders)):
        cells = [(r, order[rank]) for r, order in zip(reports, orders, strict=True)]
        rarest.add_row(str(rank + 1), *[f'{r.classes[c]} {r.positives[c]:,}' for r, c in cells])
    return [overview, rarest]


def write_csv(reports: Sequence[DataReport], path: str | Path) -> None:
    """Counts of every category: split, category, present, absent, unknown."""
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    with Path(path).open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['split', 'category', 'present', 'absent', 'unknown'])
        for report in reports:
            for name, column in zip(report.classes, report.labels.T, strict=True):
                writer.writerow(
                    [report.split, name, *[int((column == v).sum()) for v in (1, 0, -1)]]
                )
