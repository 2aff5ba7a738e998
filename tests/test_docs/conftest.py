"""What readers have after `make demo` and a training on their CSV: made once, copied for a page."""

import shutil
from contextlib import contextmanager

import pytest
from fixtures.docs.commands import Command
from fixtures.docs.reader import Reader
from fixtures.docs.workspace import SMALL_BENCHMARKS, write_workspace

from dsrb_mm.datasets import benchmarks

BEFORE = (
    'python tools/train.py configs/dsrb_scenes_p50.py --work-dir work_dirs/demo/dsrb_scenes_p50',
    'python tools/train.py configs/dsrb_csv.py'
    ' --cfg-options model.neck.num_classes=3 model.head.num_classes=3',
    'python tools/train.py configs/dsrb_voc_p50.py',
    'python tools/convert_hcp_checkpoint.py work_dirs/dsrb_voc_p50/epoch_20.pth published.pth'
    ' --reverse',
)


@pytest.fixture(scope='session')
def options_of_pytest(pytestconfig):
    parser = pytestconfig._parser
    groups = [parser._anonymous, *parser._groups]
    return {name for group in groups for option in group.options for name in option.names()}


@contextmanager
def in_workspace(folder):
    """The working directory, with this: no formatting of configs, which takes seconds each; counts
    of images as the workspace has them. Not a fixture of a larger scope: others need the real ones.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('mmengine.config.config.FormatCode', lambda text, **kwargs: (text, True))
        patch.setattr(benchmarks, 'BENCHMARKS', SMALL_BENCHMARKS)
        for name in ('COCO', 'CSV', 'SCENES', 'VG', 'VOC'):
            patch.delenv(f'{name}_ROOT', raising=False)
        patch.chdir(folder)
        yield


@pytest.fixture(scope='session')
def workspace(tmp_path_factory, options_of_pytest):
    folder = tmp_path_factory.mktemp('docs') / 'workspace'
    folder.mkdir()
    write_workspace(folder)
    with in_workspace(folder):
        for line in BEFORE:
            Reader(options_of_pytest).follow(Command(0, tuple(line.split())))
    return folder


@pytest.fixture
def reader(workspace, options_of_pytest, tmp_path):
    """Somebody in a workspace of their own."""
    with in_workspace(shutil.copytree(workspace, tmp_path / 'workspace', symlinks=True)):
        yield Reader(options_of_pytest)
