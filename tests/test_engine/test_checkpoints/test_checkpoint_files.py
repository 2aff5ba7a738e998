import pytest
import torch

from dsrb_mm.engine.checkpoints.checkpoint_files import (
    damage,
    find_resumable,
)


def save(folder, name):
    torch.save(dict(state_dict=dict(w=torch.arange(4.0))), folder / name)
    return folder / name


def cut(path):
    path.write_bytes(path.read_bytes()[:-10])
    return path


def test_every_cut_is_noticed(tmp_path):
    path = save(tmp_path, 'epoch_1.pth')
    content = path.read_bytes()
    assert damage(path) is None
    for length in range(0, len(content), 7):
        path.write_bytes(content[:length])
        assert 'cut off' in damage(path), length


@pytest.mark.parametrize('value', [1, 8, 12, 14, 255])
def test_every_changed_byte_is_whole_damaged_or_cut_off(tmp_path, value):
    """Among them flags and methods of zip files: encryption, deflate, bzip2, LZMA."""
    path = save(tmp_path, 'epoch_1.pth')
    content = path.read_bytes()
    directory = content.index(b'PK\x01\x02')  # of all files, at the end
    for position in range(directory, directory + 64):
        path.write_bytes(content[:position] + bytes([value]) + content[position + 1 :])
        assert damage(path) is None or damage(path).startswith(('is cut off', 'is damaged'))


def test_changed_weights_are_noticed(tmp_path):
    path = save(tmp_path, 'epoch_1.pth')
    content = path.read_bytes()
    weights = torch.arange(4.0).numpy().tobytes()
    path.write_bytes(content.replace(weights, bytes(len(weights))))
    assert 'checksum' in damage(path)


def test_missing_files_and_folders(tmp_path):
    assert damage(tmp_path / 'epoch_1.pth') == 'does not exist'
    assert damage(tmp_path) is None


def test_the_named_checkpoint_is_taken_even_if_it_is_not_the_newest(tmp_path):
    named = save(tmp_path, 'epoch_2.pth')
    save(tmp_path, 'epoch_3.pth')
    (tmp_path / 'last_checkpoint').write_text(str(named))
    assert find_resumable(tmp_path) == (named, [])


def test_damaged_checkpoints_are_named_and_passed_over(tmp_path):
    for number in (2, 9, 10, 11, 12):
        save(tmp_path, f'epoch_{number}.pth')
    save(tmp_path, 'best_mAP_epoch_10.pth')
    named = cut(tmp_path / 'epoch_11.pth')
    cut(tmp_path / 'epoch_10.pth')
    (tmp_path / 'last_checkpoint').write_text(str(named))
    found = find_resumable(tmp_path)
    assert found.path == tmp_path / 'epoch_9.pth'  # 12 is of an older training
    assert len(found.rejected) == 2
    assert 'epoch_11.pth is cut off' in found.rejected[0]
    assert 'epoch_10.pth is cut off' in found.rejected[1]


@pytest.mark.parametrize('content', ['', None])
def test_without_a_name_the_newest_is_taken(tmp_path, content):
    for number in (9, 10):
        save(tmp_path, f'epoch_{number}.pth')
    if content is not None:
        (tmp_path / 'last_checkpoint').write_text(content)
    assert find_resumable(tmp_path) == (tmp_path / 'epoch_10.pth', [])


@pytest.mark.parametrize('content', [b'\xff', b'a\0.pth', b'x' * 5000, b'epoch_9.pth\nepoch_9.pth'])
def test_a_pointer_that_names_no_file_is_passed_over(tmp_path, content):
    newest = save(tmp_path, 'epoch_10.pth')
    (tmp_path / 'last_checkpoint').write_bytes(content)
    found = find_resumable(tmp_path)
    assert found.path == newest
    (message,) = found.rejected
    assert message.startswith(f'expected {tmp_path}/last_checkpoint to name a file, but got: ')
    assert message.isprintable() and len(message) < 300
    newest.unlink()
    assert find_resumable(tmp_path) == (None, [message])


@pytest.mark.parametrize('old_is_there', [True, False])
def test_a_moved_or_copied_folder_uses_its_own_files(tmp_path, old_is_there):
    old, new = tmp_path / 'old', tmp_path / 'new'
    for folder in (old, new):
        folder.mkdir()
        save(folder, 'epoch_1.pth')
    (new / 'last_checkpoint').write_text(str(old / 'epoch_1.pth'))
    if not old_is_there:
        (old / 'epoch_1.pth').unlink()
    assert find_resumable(new) == (new / 'epoch_1.pth', [])


def test_checkpoints_may_lie_elsewhere(tmp_path):
    (tmp_path / 'work').mkdir()
    (tmp_path / 'out').mkdir()
    first = save(tmp_path / 'out', 'epoch_1.pth')
    second = save(tmp_path / 'out', 'epoch_2.pth')
    (tmp_path / 'work/last_checkpoint').write_text(str(second))
    assert find_resumable(tmp_path / 'work') == (second, [])
    cut(second)
    assert find_resumable(tmp_path / 'work').path == first


def test_nothing_to_resume_from(tmp_path):
    assert find_resumable(tmp_path) == (None, [])
    (tmp_path / 'last_checkpoint').write_text(str(tmp_path / 'epoch_3.pth'))
    assert find_resumable(tmp_path) == (None, [f'{tmp_path}/epoch_3.pth does not exist'])
