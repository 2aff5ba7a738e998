"""What all data sets of a config hold, one compared with another and with the model."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.config_data import SPLITS, ConfigData
from dsrb_mm.datasets.data_checks import shared_images, shorten
from dsrb_mm.datasets.data_report import DataReport
from dsrb_mm.datasets.readable_images import unreadable_images
from dsrb_mm.datasets.wrappers import change_innermost, innermost_configs, innermost_datasets


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
