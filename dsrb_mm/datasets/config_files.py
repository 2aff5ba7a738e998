"""The files that a config reads, found without building anything."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from mmengine.config import Config

from dsrb_mm.datasets.config_data import SPLITS, has_split
from dsrb_mm.datasets.wrappers import innermost_configs

_PACKAGE = __name__.partition('.')[0]
# Values that name what is written.
_WRITTEN = ('csv_path', 'out_dir', 'out_file_path', 'work_dir', 'type')


def files_of_config(cfg: Config) -> list[Path]:
    """Files that must survive a tool: the config with its bases, and all that its values name.

    A value counts if it is an existing file, by itself or in the ``data_root`` beside it, and so do
    the user's modules in ``custom_imports``. Images are not among them, see :func:`image_folders`.

    Example:
        >>> files_of_config(Config.fromfile('configs/dsrb_csv.py'))[0].name
        'dsrb_csv.py'
    """
    found = _with_bases(Path(cfg.filename)) if cfg.filename else []
    for value, root in _texts(cfg.to_dict(), ''):
        found += [path for path in (Path(value), Path(root, value)) if _is_file(path)]
    found += _own_modules(cfg)
    for split in SPLITS:
        if has_split(cfg, split):
            for dataset in innermost_configs(cfg[f'{split}_dataloader']['dataset']):
                found += _of_voc(dataset)
    return list(dict.fromkeys(found))


def read_by_config(cfg: Config) -> list[Path]:
    """The files of :func:`files_of_config` without the config itself and its bases."""
    own = set(_with_bases(Path(cfg.filename))) if cfg.filename else set()
    return [path for path in files_of_config(cfg) if path not in own]


def image_folders(cfg: Config) -> list[Path]:
    """Folders that a config reads images from."""
    found = []
    for split in SPLITS:
        if has_split(cfg, split):
            for dataset in innermost_configs(cfg[f'{split}_dataloader']['dataset']):
                prefix = dataset.get('data_prefix') or ''
                images = prefix.get('img_path') if isinstance(prefix, Mapping) else prefix
                if _name(dataset) == 'VOC':
                    images = images or 'JPEGImages'
                # Without a prefix the folder holds other things as well, such as the outputs.
                if images and images != '/':
                    found.append(Path(str(dataset.get('data_root') or ''), str(images)))
    return list(dict.fromkeys(found))


def _own_modules(cfg: Config) -> Iterator[Path]:
    """Sources of the modules that a config imports, but for those of installed packages."""
    names = (cfg.get('custom_imports') or {}).get('imports') or ()
    for name in [names] if isinstance(names, str) else names:
        source = getattr(sys.modules.get(name), '__file__', None)
        if source is None or name.partition('.')[0] == _PACKAGE or 'site-packages' in source:
            continue
        path = Path(source)
        yield from sorted(path.parent.rglob('*.py')) if path.name == '__init__.py' else [path]


def _name(dataset: Mapping) -> str:
    return str(dataset.get('type')).rpartition('.')[2]


def _of_voc(dataset: Mapping) -> Iterator[Path]:
    """Lists and annotations in VOC's layout, which the config names by a split only."""
    if _name(dataset) == 'VOC' and dataset.get('data_root'):
        root = Path(str(dataset['data_root']))
        yield from (root / 'ImageSets/Main').glob('*.txt')
        yield from (root / 'Annotations').glob('*.xml')


def _texts(node: Any, root: str) -> Iterator[tuple[str, str]]:
    """All texts in a config, with the nearest data_root."""
    if isinstance(node, Mapping):
        root = str(node.get('data_root') or root)
        for key, value in node.items():
            if key not in _WRITTEN:
                yield from _texts(value, root)
    elif isinstance(node, (list, tuple)):
        for item in node:
            yield from _texts(item, root)
    elif isinstance(node, (str, os.PathLike)):
        yield os.fspath(node), root


def _is_file(path: Path) -> bool:
    try:
        return path.is_file()
    except (OSError, ValueError):  # texts that no file can be called
        return False


def _with_bases(path: Path) -> list[Path]:
    found = [path]
    if path.is_file():
        for base in Config._get_base_files(str(path)):
            name, _ = Config._get_cfg_path(base, str(path))
            found += _with_bases(Path(name))
    return found
