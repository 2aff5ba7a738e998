"""A work directory that was moved or copied reads its own files."""

import shutil

import pytest
from mmengine.config import Config

from dsrb_mm.fileio.config_file import write_config_file
from dsrb_mm.workflow import find_checkpoint
from dsrb_mm.workflow.work_dir import read_config


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / 'work'
    folder.mkdir()
    (folder / 'labels.csv').write_text('path,split,cat\n')
    data = dict(type='CSVMultiLabel', ann_file=str(folder / 'labels.csv'), data_root='/photos')
    loader = dict(dataset=dict(type='PartialLabelDataset', dataset=data))
    write_config_file(Config(dict(train_dataloader=loader)), folder / 'config.py')
    return folder


def labels_of(folder):
    return read_config(folder).train_dataloader.dataset.dataset.ann_file


def test_a_copied_folder_reads_its_own_labels(work, tmp_path):
    copy = shutil.copytree(work, tmp_path / 'copy')
    assert labels_of(copy) == str(copy / 'labels.csv')
    assert labels_of(work) == str(work / 'labels.csv')
    (copy / 'labels.csv').unlink()
    assert labels_of(copy) == str(work / 'labels.csv')  # as the config says


def test_labels_that_a_config_of_ones_own_names_stay(work):
    text = (work / 'config.py').read_text().replace(str(work), 'data')
    (work / 'config.py').write_text(text)
    assert labels_of(work) == 'data/labels.csv'


def test_a_moved_pointer_finds_the_checkpoint_beside_it(work, tmp_path):
    (work / 'epoch_3.pth').touch()
    (work / 'last_checkpoint').write_text(str(work / 'epoch_3.pth'))
    moved = work.rename(tmp_path / 'moved')
    assert find_checkpoint(moved) == moved / 'epoch_3.pth'
