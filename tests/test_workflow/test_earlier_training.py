import multiprocessing
from contextlib import contextmanager

import pytest

from dsrb_mm.fileio.locks import FolderLock
from dsrb_mm.workflow import train
from dsrb_mm.workflow.earlier_training import check_free


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
