"""What readers have after `make demo` and a training on their CSV: made once, copied for a page."""

import shutil
from contextlib import contextmanager

import pytest
from helpers.docs.commands import run, split_commands
from helpers.docs.workspace import SMALL_BENCHMARKS, write_workspace

from dsrb_mm.datasets import benchmarks

BEFORE = """
python tools/train.py CONFIG --work-dir work_dirs/demo/dsrb_scenes_p50
python tools/train.py configs/dsrb_csv.py \
    --cfg-options model.neck.num_classes=3 model.head.num_classes=3
python tools/train.py configs/dsrb_voc_p50.py
python tools/convert_hcp_checkpoint.py work_dirs/dsrb_voc_p50/epoch_20.pth published.pth --reverse
"""


@contextmanager
def inside(folder):
    """Work in a folder; counts of images are expected as the workspace has them."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(benchmarks, 'BENCHMARKS', SMALL_BENCHMARKS)
        for name in ('COCO', 'CSV', 'SCENES', 'VG', 'VOC'):
            patch.delenv(f'{name}_ROOT', raising=False)
        patch.chdir(folder)
        patch.syspath_prepend(folder)  # PYTHONPATH=.
        yield


@pytest.fixture(scope='session')
def workspace(tmp_path_factory):
    folder = tmp_path_factory.mktemp('docs')
    write_workspace(folder)
    with inside(folder):
        for words, environment in split_commands(BEFORE):
            run(words, environment)
    return folder


@pytest.fixture
def in_workspace(workspace, tmp_path):
    """The working directory is a copy of the workspace."""
    with inside(shutil.copytree(workspace, tmp_path / 'workspace', symlinks=True)):
        yield
