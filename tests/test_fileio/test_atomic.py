import errno
import os
import stat

import pytest

from dsrb_mm.fileio.atomic import (
    UNFINISHED,
    open_atomically,
    remove_unfinished,
    whole_file,
    write_atomically,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_gets_its_name_when_it_is_complete(tmp_path):
    path = tmp_path / 'a.csv'
    path.write_text('old')
    with open_atomically(path) as file:
        file.write('ä')
        assert path.read_text() == 'old' and len(names(tmp_path)) == 2
        assert all(name.endswith(UNFINISHED) for name in names(tmp_path)[1:])
    assert path.read_bytes() == 'ä'.encode() and names(tmp_path) == ['a.csv']


@pytest.mark.parametrize('error', [ValueError('x'), KeyboardInterrupt()])
def test_an_error_leaves_the_old_file_and_nothing_else(tmp_path, error):
    write_atomically(tmp_path / 'a', b'old')
    with pytest.raises(type(error)), open_atomically(tmp_path / 'a', 'wb') as file:
        file.write(b'new')
        raise error
    assert (tmp_path / 'a').read_bytes() == b'old' and names(tmp_path) == ['a']


@pytest.mark.parametrize('function', ['fsync', 'replace'])
def test_errors_of_the_disk_name_the_file(tmp_path, monkeypatch, function):
    def full(*args):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    (tmp_path / 'a').write_bytes(b'old')
    monkeypatch.setattr(os, function, full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/a'") as found:
        write_atomically(tmp_path / 'a', b'new')
    assert found.value.errno == errno.ENOSPC
    assert (tmp_path / 'a').read_bytes() == b'old' and names(tmp_path) == ['a']


def test_a_missing_folder_is_an_error_that_names_the_file(tmp_path):
    with pytest.raises(FileNotFoundError) as found:
        write_atomically(tmp_path / 'no' / 'a', b'new')
    assert found.value.filename == str(tmp_path / 'no' / 'a')


def test_errors_of_other_files_keep_their_name(tmp_path):
    with pytest.raises(FileNotFoundError) as found, open_atomically(tmp_path / 'a'):
        (tmp_path / 'other').read_text()
    assert found.value.filename == str(tmp_path / 'other')


def test_links_that_were_put_there_are_not_followed(tmp_path, monkeypatch):
    monkeypatch.setattr('secrets.token_hex', lambda number: 'known')
    (tmp_path / 'victim').write_text('mine')
    (tmp_path / f'a.known{UNFINISHED}').symlink_to(tmp_path / 'victim')
    with pytest.raises(FileExistsError):
        write_atomically(tmp_path / 'a', b'new')
    assert (tmp_path / 'victim').read_text() == 'mine'


def test_permissions_are_those_of_any_new_file(tmp_path):
    (tmp_path / 'plain').touch()
    write_atomically(tmp_path / 'a', b'')
    modes = {stat.S_IMODE((tmp_path / name).stat().st_mode) for name in ('plain', 'a')}
    assert len(modes) == 1


def test_what_a_kill_left_is_removed(tmp_path):
    write_atomically(tmp_path / 'a', b'')
    (tmp_path / f'a.0123{UNFINISHED}').touch()
    assert remove_unfinished(tmp_path) == [tmp_path / f'a.0123{UNFINISHED}']
    assert names(tmp_path) == ['a']


def test_a_library_writes_a_whole_file_or_none(tmp_path):
    path = tmp_path / 'model.bin'
    path.write_bytes(b'good')
    with pytest.raises(ValueError), whole_file(path) as unfinished:
        unfinished.write_bytes(b'bad')
        raise ValueError
    assert path.read_bytes() == b'good' and list(tmp_path.iterdir()) == [path]
    with whole_file(path) as unfinished:
        unfinished.write_bytes(b'better')
    assert path.read_bytes() == b'better' and list(tmp_path.iterdir()) == [path]
