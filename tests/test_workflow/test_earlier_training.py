import multiprocessing

import pytest

from dsrb_mm.fileio.locks import FolderLock
from dsrb_mm.workflow.earlier_training import check_free


def test_a_training_without_a_checkpoint_yet_is_left_alone(tmp_path):
    check_free(tmp_path / 'new', overwrite=False)
    context = multiprocessing.get_context('fork')
    held, end = context.Event(), context.Event()

    def train():
        lock = FolderLock(tmp_path, 'training')
        lock.acquire()
        held.set()
        end.wait()

    process = context.Process(target=train, daemon=True)
    process.start()
    held.wait()
    with pytest.raises(BlockingIOError, match='another training is at work'):
        check_free(tmp_path, overwrite=True)
    end.set()
    process.join()
    check_free(tmp_path, overwrite=False)
    (tmp_path / 'epoch_1.pth').touch()
    with pytest.raises(FileExistsError, match='--resume continues it'):
        check_free(tmp_path, overwrite=False)
    check_free(tmp_path, overwrite=True)
