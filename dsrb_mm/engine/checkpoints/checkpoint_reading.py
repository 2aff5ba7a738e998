"""Reading checkpoint files without trusting them, here and, on request, in MMEngine's loader."""

from __future__ import annotations

import os
import pickle
import tarfile
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from pathlib import Path
from typing import Any

import torch
from mmengine.runner import CheckpointLoader

from dsrb_mm.fileio.paths import user_path

_FORCE = 'TORCH_FORCE_WEIGHTS_ONLY_LOAD'
_FORBID = 'TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD'
_MARK = '_dsrb_mm_plain'
_MAGIC = (b'PK\3\4', b'\x80')  # a zip archive, or a pickle of before torch 1.6
_SHOWN = 16  # bytes of another file that a message shows


class CheckpointFileError(ValueError):
    """A checkpoint file that is damaged, or that could run code when loaded."""


def load_plain_checkpoint(path: str | Path, map_location: Any = 'cpu') -> Any:
    """Read a file of tensors and plain containers; nothing in it can run code.

    Args:
        path: The file.
        map_location: As in :func:`torch.load`.

    Returns:
        Its content. ``meta['config']`` of MMCV's time is left out: MMEngine executes it as Python
        when it resumes.

    Raises:
        FileNotFoundError: There is no such file.
        CheckpointFileError: It is damaged, or holds other objects.
    """
    path = user_path(path)
    if not path.is_file():
        raise FileNotFoundError(f'expected a checkpoint file, but found no {path}')
    with _explain(path):
        _refuse_tar(path)
        _refuse_compressed(path)
        _refuse_others(path)
        return _drop_config(torch.load(path, map_location=map_location, weights_only=True))


def guard_checkpoint_loader() -> None:
    """Make MMEngine load checkpoints as :func:`load_plain_checkpoint` does, from wherever it can.

    Its loaders call ``torch.load`` without ``weights_only`` (pickled code runs on torch < 2.6), and
    those that download with ``weights_only=False`` on any version. ``Runner.load_checkpoint``,
    ``resume``, ``load_from`` and ``init_cfg=dict(type='Pretrained')`` all pass there.

    It holds for the whole process and all that uses MMEngine in it, so that importing the package
    does not do it. The command-line tools do; a program of your own calls it once::

        from dsrb_mm.engine.checkpoints import guard_checkpoint_loader

        guard_checkpoint_loader()
    """
    CheckpointLoader.register_scheme('', load_from_local, force=True)
    for prefix, loader in list(CheckpointLoader._schemes.items()):
        if not hasattr(loader, _MARK):
            CheckpointLoader.register_scheme(prefix, _guarded(loader), force=True)


# MMEngine logs what follows "load_from_" in the name.
def load_from_local(filename: str, map_location: Any = None) -> Any:
    """Load a local file for MMEngine."""
    return load_plain_checkpoint(filename, map_location)


def _guarded(loader: Callable[..., Any]) -> Callable[..., Any]:
    @wraps(loader)
    def load(filename: str, *args: Any, **kwargs: Any) -> Any:
        opened: list[str] = []
        try:
            with _explain(filename), _weights_only(opened):
                return _drop_config(loader(filename, *args, **kwargs))
        except CheckpointFileError as error:
            if not opened:
                raise
            raise CheckpointFileError(
                f'{error} (it was downloaded to {opened[-1]}: remove that file to download anew)'
            ) from error

    setattr(load, _MARK, True)
    return load


setattr(load_from_local, _MARK, True)


@contextmanager
def _weights_only(opened: list[str]) -> Iterator[None]:
    """Have every ``torch.load`` in here obey ``weights_only=True``, whatever its caller says.

    Args:
        opened: Gets the names of the files that are read.
    """
    before = {name: os.environ.pop(name, None) for name in (_FORCE, _FORBID)}
    os.environ[_FORCE] = '1'
    load = torch.load

    @wraps(load)
    def checked_load(f: Any, *args: Any, **kwargs: Any) -> Any:
        if isinstance(f, (str, Path)):
            opened.append(str(f))
        _refuse_tar(f)
        _refuse_compressed(f)
        _refuse_others(f)
        return load(f, *args, **kwargs)

    torch.load = checked_load  # what is downloaded is first seen here
    try:
        yield
    finally:
        torch.load = load
        del os.environ[_FORCE]
        os.environ.update({name: value for name, value in before.items() if value is not None})


def _refuse_tar(file: Any) -> None:
    """Refuse what torch < 2.6 loads code and all, whatever weights_only says (CVE-2025-32434)."""
    position = file.tell() if hasattr(file, 'tell') else None
    found = tarfile.is_tarfile(file)
    if position is not None:
        file.seek(position)
    if found:
        raise ValueError('a tar archive')


def _refuse_compressed(file: Any) -> None:
    """Refuse what would take more memory than the file is long; torch never compresses."""
    position = file.tell() if hasattr(file, 'tell') else None
    if zipfile.is_zipfile(file):
        with zipfile.ZipFile(file) as archive:
            found = [item for item in archive.infolist() if item.compress_type]
        if found:
            raise ValueError(f'compressed data ({found[0].filename}), which torch never writes')
    if position is not None:
        file.seek(position)


def _refuse_others(file: Any) -> None:
    """Refuse what is not a file of torch.save by its first bytes: texts, pictures."""
    if hasattr(file, 'tell'):
        position = file.tell()
        start = file.read(_SHOWN)
        file.seek(position)
    else:
        with open(file, 'rb') as opened:
            start = opened.read(_SHOWN)
    if not start:
        raise ValueError('an empty file')
    if not start.startswith(_MAGIC):
        raise ValueError(f'a file of another kind, which begins with {start!r}')


@contextmanager
def _explain(source: str | Path) -> Iterator[None]:
    try:
        yield
    except pickle.UnpicklingError as error:
        raise CheckpointFileError(
            f'expected {source} to hold tensors and plain containers only, but got other objects, '
            'which could run code when loaded (checkpoints of MMEngine without ResumeHook '
            'have some in their log history). If you trust the file, keep only its weights: '
            f"python -c \"import torch; c = torch.load('{source}', map_location='cpu', "
            "weights_only=False); torch.save(dict(state_dict=c['state_dict']), 'weights.pth')\""
        ) from error
    except (ImportError, OSError):  # no such package, file, network, space
        raise
    except Exception as error:  # of damaged files, from EOFError to IndexError
        text = ' '.join(str(error).split())
        raise CheckpointFileError(
            f'expected {source} to be a checkpoint, but got: {text or type(error).__name__}'
        ) from error


def _drop_config(content: Any) -> Any:
    meta = content.get('meta') if isinstance(content, dict) else None
    if isinstance(meta, dict):
        meta.pop('config', None)
    return content
