"""The guard of every tool's outputs."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

from mmengine.config import Config

from dsrb_mm.datasets.config_files import files_of_config, image_folders
from dsrb_mm.fileio.outputs import check_outputs, check_picture_folder

Paths = Iterable[str | Path | None]


def protect_inputs(
    cfg: Config | None,
    outputs: Paths = (),
    pictures: str | Path | None = None,
    inputs: Paths = (),
    overwrite: bool = True,
) -> None:
    """Refuse outputs that are inputs of the same run, whatever they are called.

    Call it before any work, after the config is read.

    Args:
        cfg: Config whose files are inputs: itself, its bases, annotations, weights, word vectors.
        outputs: Files that will be written; None stands for none.
        pictures: Folder that will get pictures.
        inputs: Further files that are read.
        overwrite: Whether other existing files may be replaced.

    Raises:
        FileExistsError: An output exists, and ``overwrite`` is not set.
        ValueError: An output is an input, two are the same file, or the folder of pictures is one
            that images are read from.

    Example:
        >>> protect_inputs(cfg, [args.out], args.show_dir, [args.checkpoint])
    """
    written = [path for path in outputs if path]
    if written:
        of_config = files_of_config(cfg) if cfg is not None else []
        check_outputs(written, chain((path for path in inputs if path), of_config), overwrite)
    if pictures and cfg is not None:
        check_picture_folder(pictures, image_folders(cfg))


def files_below(source: str | Path) -> Iterator[Path]:
    """A file, or all files in a folder and below."""
    path = Path(source)
    yield from (item for item in (path.rglob('*') if path.is_dir() else [path]) if item.is_file())


def written_by_training(cfg: Config) -> list[Path]:
    """Files with names of their own that a runner writes: its config, and tables of metrics."""
    found = [Path(path) for path in _values(cfg.to_dict(), 'csv_path') if path]
    if cfg.filename and cfg.get('work_dir') and not is_own_config(cfg):
        found.append(dumped_config(cfg))
    return list(dict.fromkeys(found))


def is_own_config(cfg: Config) -> bool:
    """Whether a config lies where a runner would write it: it stays as it is."""
    if not cfg.filename or not cfg.get('work_dir'):
        return False
    target = dumped_config(cfg)
    return target.exists() and target.samefile(cfg.filename)


def dumped_config(cfg: Config) -> Path:
    """Where a runner writes a config that was read from a file."""
    return Path(cfg.work_dir, Path(cfg.filename).name)


def _values(node: Any, name: str) -> Iterator[Any]:
    if isinstance(node, Mapping):
        if name in node:
            yield node[name]
        node = list(node.values())
    if isinstance(node, (list, tuple)):
        for item in node:
            yield from _values(item, name)
