import os

import pytest

from dsrb_mm.fileio.locks import FolderLock


def in_another_process(folder):
    """Whether another process gets the lock."""
    pid = os.fork()
    if not pid:
        try:
            FolderLock(folder, 'training').acquire()
        except BlockingIOError as error:
            os._exit(1 if f'process {os.getppid()} on' in str(error) else 2)
        os._exit(0)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def test_one_process_at_a_time(tmp_path):
    lock = FolderLock(tmp_path, 'training')
    lock.acquire()
    assert in_another_process(tmp_path) == 1
    FolderLock(tmp_path, 'training').acquire()  # the same process
    lock.release()
    lock.release()
    assert in_another_process(tmp_path) == 0
    assert in_another_process(tmp_path) == 0  # the one before has ended


def test_a_forked_worker_does_not_hold_the_lock(tmp_path):
    ready, go = os.pipe(), os.pipe()
    owner = os.fork()
    if not owner:
        lock = FolderLock(tmp_path, 'training')
        lock.acquire()
        if not os.fork():  # a worker, which outlives it
            os.read(go[0], 1)
            os._exit(0)
        os.write(ready[1], b'x')
        os._exit(0)
    os.read(ready[0], 1)
    os.waitpid(owner, 0)
    try:
        FolderLock(tmp_path, 'training').acquire()
    finally:
        os.write(go[1], b'x')


def test_file_systems_without_locks(tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(37, 'No locks available')

    monkeypatch.setattr('fcntl.lockf', fail)
    FolderLock(tmp_path, 'training').acquire()
    with pytest.raises(FileNotFoundError):
        FolderLock(tmp_path / 'gone', 'training').acquire()
