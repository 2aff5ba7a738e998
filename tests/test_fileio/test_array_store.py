import errno
import json
import multiprocessing
import shutil
from collections import namedtuple

import numpy as np
import pytest

from dsrb_mm.fileio import array_store
from dsrb_mm.fileio.array_store import ArrayStore, alone_in, is_finished, write_store

IMAGES = ['a.jpg', 'b.jpg', 'c.jpg']
MAPS = np.arange(3 * 2 * 2 * 2, dtype=np.float16).reshape(3, 2, 2, 2)


def batches():
    yield MAPS[:2], [dict(ori_shape=[5, 6]), dict(ori_shape=[7, 8])]
    yield MAPS[2:], [dict(ori_shape=[9, 9])]


def test_what_is_written_is_read(tmp_path, monkeypatch):
    said = []
    monkeypatch.setattr(array_store, 'print_log', lambda text, logger: said.append(text))
    (tmp_path / 's').mkdir()
    write_store(tmp_path / 's', IMAGES, MAPS[0], batches(), dict(weights='abc'))
    store = ArrayStore(tmp_path / 's')
    assert (store.array_of('b.jpg') == MAPS[1]).all()
    assert store.meta_of('b.jpg') == dict(ori_shape=(7, 8))
    assert json.loads((tmp_path / 's' / 'store.json').read_text())['weights'] == 'abc'
    assert said == [f'features of 3 images: 0.0 MB in {tmp_path / "s"}']


@pytest.mark.parametrize('error', [KeyboardInterrupt, ValueError])
def test_an_interruption_leaves_nothing(tmp_path, error):
    def interrupted():
        yield next(batches())
        raise error

    with pytest.raises(error):
        write_store(tmp_path, IMAGES, MAPS[0], interrupted(), {})
    assert not is_finished(tmp_path) and not list(tmp_path.iterdir())


def test_maps_without_a_description_are_no_store(tmp_path):
    write_store(tmp_path, IMAGES, MAPS[0], batches(), {})
    (tmp_path / 'store.json').unlink()
    assert not is_finished(tmp_path)
    with pytest.raises(FileNotFoundError):
        ArrayStore(tmp_path)


def test_a_short_disk_is_named_before_anything_is_written(tmp_path, monkeypatch):
    usage = namedtuple('usage', 'free')
    monkeypatch.setattr(shutil, 'disk_usage', lambda path: usage(47))
    with pytest.raises(OSError, match='the features need 0 MB, and 0 MB are free') as info:
        write_store(tmp_path, IMAGES, MAPS[0], batches(), {})
    assert info.value.errno == errno.ENOSPC
    assert not list(tmp_path.iterdir())


def test_numbers_beyond_half_precision_name_the_image(tmp_path):
    maps = MAPS.copy()
    maps[1, 0, 0, 0] = np.inf
    with pytest.raises(ValueError, match=r'features of b\.jpg hold'):
        write_store(tmp_path, IMAGES, MAPS[0], [(maps, [{}] * 3)], {})


_OTHER = '{"images": ["a.jpg"], "meta": [{}], "shape": [2]}'


@pytest.mark.parametrize(
    ('name', 'damage'),
    [('store.json', '[]'), ('store.json', _OTHER), ('store.json', '{'), ('arrays.npy', 'cut off')],
)
def test_damaged_files(tmp_path, name, damage):
    write_store(tmp_path, IMAGES, MAPS[0], batches(), {})
    (tmp_path / name).write_text(damage)
    with pytest.raises(ValueError, match='remove the folder to compute it again'):
        ArrayStore(tmp_path)


def test_one_process_at_a_time(tmp_path):
    held = tmp_path / 'held'

    def wait():
        with alone_in(tmp_path / 'store'):
            held.write_text('the second')

    with alone_in(tmp_path / 'store'):
        child = multiprocessing.get_context('fork').Process(target=wait)
        child.start()
        child.join(0.3)
        assert child.is_alive() and not held.exists()
    child.join()
    assert held.exists()
