"""Errors that a user can act on, as one message."""

from __future__ import annotations

import errno
import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from urllib.error import URLError

from dsrb_mm.datasets.image_decoding import UnreadableImageError
from dsrb_mm.engine.checkpoints.checkpoint_files import ResumeError
from dsrb_mm.engine.checkpoints.checkpoint_reading import CheckpointFileError
from dsrb_mm.engine.checkpoints.checkpoint_weights import WeightMismatchError
from dsrb_mm.engine.finite_checks import NonFiniteError
from dsrb_mm.engine.hooks.method_hook import UnsuitableTrainingSetError
from dsrb_mm.words.categories import CategoryMismatchError
from dsrb_mm.words.word_vectors import WordVectorMismatchError

# Full or read-only disks, files in place of folders: nothing that a traceback would explain.
_DISK_ERRORS = {
    errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EROFS, errno.EACCES, errno.EPERM, errno.EEXIST,
    errno.ENOTDIR, errno.EISDIR,
}  # fmt: skip


@contextmanager
def clear_errors(*more: type[Exception]) -> Iterator[None]:
    """Turn errors of files, disks and downloads, and Ctrl-C, into one message and exit code 1.

    What is printed in it may hold names that are not UTF-8. With ``DSRB_TRACEBACK=1`` in the
    environment, all errors keep their traceback.

    Args:
        more: Errors that the tool raises for wrong input only, such as ValueError. All others keep
            their traceback: they are defects, or settings worth one.
    """
    known: tuple[type[Exception], ...] = (
        FileNotFoundError,
        BlockingIOError,
        ResumeError,
        CheckpointFileError,
        NonFiniteError,
        CategoryMismatchError,
        UnsuitableTrainingSetError,
        WeightMismatchError,
        WordVectorMismatchError,
        *more,
    )
    if isinstance(sys.stdout, TextIOWrapper):  # names of files need not be UTF-8
        sys.stdout.reconfigure(errors='backslashreplace')
    if os.environ.get('DSRB_TRACEBACK'):
        yield
        return
    try:
        yield
    except UnreadableImageError as error:
        # From a worker process it comes with that process's traceback, the message last.
        message = str(error).splitlines()[-1].rpartition('UnreadableImageError: ')[2]
        sys.exit(f'error: {message}')
    except known as error:
        sys.exit(f'error: {error}')
    except KeyboardInterrupt:
        sys.exit('interrupted')
    except URLError as error:
        sys.exit(
            f'error: download failed: {error}\n'
            'Pretrained weights are fetched from the URL in the config '
            '(model.backbone.init_cfg.checkpoint). Without a network, download the file elsewhere '
            'and pass --cfg-options model.backbone.init_cfg.checkpoint=FILE, or '
            'model.backbone.init_cfg=None to start from random weights.'
        )
    except OSError as error:
        if error.errno not in _DISK_ERRORS:
            raise
        sys.exit(f'error: {error.filename or "cannot write"}: {error.strerror}')


@contextmanager
def interruptible() -> Iterator[None]:
    """Raise KeyboardInterrupt where MMEngine takes Ctrl-C for an error in the config.

    It does while it formats the config, for its log and for every checkpoint.
    """
    try:
        yield
    except SyntaxError as error:
        if isinstance(error.__context__, KeyboardInterrupt):
            raise KeyboardInterrupt from error
        raise
