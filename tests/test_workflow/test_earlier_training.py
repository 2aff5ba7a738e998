import multiprocessing
from contextlib import contextmanager

import pytest
from mmengine.config import Config

from dsrb_mm.fileio.locks import FolderLock
from dsrb_mm.workflow import train
from dsrb_mm.workflow.earlier_training import check_free, earlier_config


@contextmanager
def locked_by_another_process(folder, purpose):
    context = multiprocessing.get_context('fork')
    held, end = context.Event(), context.Event()

    def hold():
        lock = FolderLock(folder, purpose)
        lock.acquire()
        held.set()
        end.wait()

    process = context.Process(target=hold, daemon=True)
    process.start()
    held.wait()
    try:
        yield
    finally:
        end.set()
        process.join()


def test_a_training_without_a_checkpoint_yet_is_left_alone(tmp_path):
    with (
        locked_by_another_process(tmp_path, 'training'),
        pytest.raises(BlockingIOError, match='another training is at work'),
    ):
        check_free(tmp_path, overwrite=True)
    check_free(tmp_path, overwrite=False)
    (tmp_path / 'epoch_1.pth').touch()
    with pytest.raises(FileExistsError, match='--resume continues it'):
        check_free(tmp_path, overwrite=False)


def test_labels_of_one_that_is_being_prepared_are_left_alone(tmp_path):
    (tmp_path / 'labels.csv').write_text('labels of the other\n')
    with (
        locked_by_another_process(tmp_path, 'command'),
        pytest.raises(BlockingIOError, match='another command is at work'),
    ):
        train('own.csv', tmp_path, overwrite=True)
    assert (tmp_path / 'labels.csv').read_text() == 'labels of the other\n'


def test_a_resumed_training_reads_images_where_they_lie_now(tmp_path):
    def config(root, batch_size):
        loader = dict(batch_size=batch_size, dataset=dict(dataset=dict(data_root=root)))
        return Config({f'{split}_dataloader': loader for split in ('train', 'val', 'test')})

    (tmp_path / 'labels.csv').write_text('path,split,dog\n')
    config('/before', 8).dump(tmp_path / 'config.py')
    found = earlier_config(config('/now', 8), tmp_path / 'labels.csv', tmp_path)
    assert found.train_dataloader.dataset.dataset.data_root == '/now'
    with pytest.raises(ValueError, match='train_dataloader.batch_size is 4, was 8'):
        earlier_config(config('/now', 4), tmp_path / 'labels.csv', tmp_path)
