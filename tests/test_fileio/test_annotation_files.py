import numpy as np
import pytest

from dsrb_mm.fileio.annotation_files import read_array, read_json, read_lines, read_text


class Harmful:
    def __reduce__(self):
        return print, ('this must not run',)


def test_text_with_and_without_a_byte_order_mark(tmp_path):
    for encoding in ('utf-8', 'utf-8-sig'):
        (tmp_path / 'a.txt').write_text('Käse\n', encoding=encoding)
        assert read_text(tmp_path / 'a.txt') == 'Käse\n'


def test_lines_are_stripped_and_blank_ones_skipped(tmp_path):
    (tmp_path / 'a.txt').write_bytes(b'a \r\n\n  b c\n \t\n')
    assert read_lines(tmp_path / 'a.txt') == ['a', 'b c']


def test_json_keeps_what_the_hook_gives(tmp_path):
    (tmp_path / 'a.json').write_text('[{"id": 1, "outline": [1, 2]}, {"id": 2}]')
    assert read_json(tmp_path / 'a.json', lambda found: found['id']) == [1, 2]


def test_array(tmp_path):
    np.save(tmp_path / 'a.npy', np.arange(6).reshape(2, 3))
    assert read_array(tmp_path / 'a.npy').tolist() == [[0, 1, 2], [3, 4, 5]]


@pytest.mark.parametrize('read', [read_text, read_lines, read_json, read_array])
def test_missing_files_are_named(tmp_path, read):
    with pytest.raises(FileNotFoundError) as found:
        read(tmp_path / 'gone')
    assert 'gone' in str(found.value)


@pytest.mark.parametrize('read', [read_text, read_lines, read_json, read_array])
def test_folders_are_named(tmp_path, read):
    with pytest.raises(ValueError, match=f'expected {tmp_path} to be'):
        read(tmp_path)


@pytest.mark.parametrize(
    ('read', 'content', 'message'),
    [
        (read_text, 'Käse'.encode('latin-1'), 'text file in UTF-8'),
        (read_lines, b'\xff\xfe\xff', 'text file in UTF-8'),
        (read_json, b'{"a": 1', 'to be a json'),
        (read_json, b'[' * 100_000, 'to be a json'),
        (read_array, b'not an array', 'an .npy array of numbers'),
    ],
)
def test_damaged_files_are_named(tmp_path, read, content, message):
    (tmp_path / 'a').write_bytes(content)
    with pytest.raises(ValueError, match=f'{tmp_path / "a"} .*{message}'):
        read(tmp_path / 'a')


def test_arrays_cut_off_in_the_middle(tmp_path):
    np.save(tmp_path / 'a.npy', np.arange(1000))
    content = (tmp_path / 'a.npy').read_bytes()
    (tmp_path / 'a.npy').write_bytes(content[: len(content) // 2])
    with pytest.raises(ValueError, match='a.npy to be an .npy array of numbers'):
        read_array(tmp_path / 'a.npy')


def test_arrays_of_other_things(tmp_path, capsys):
    np.savez(tmp_path / 'a.npz', a=np.zeros(1))
    with pytest.raises(ValueError, match='got an .npz archive'):
        read_array(tmp_path / 'a.npz')
    np.save(tmp_path / 'words.npy', np.array(['a']))
    with pytest.raises(ValueError, match='to hold real numbers, but got dtype <U1'):
        read_array(tmp_path / 'words.npy')
    np.save(tmp_path / 'code.npy', np.array([Harmful()], object), allow_pickle=True)
    with pytest.raises(ValueError, match='code.npy to be an .npy array of numbers'):
        read_array(tmp_path / 'code.npy')
    assert capsys.readouterr().out == ''
