import pickle

import numpy as np
import pytest

from dsrb_mm.features import LoadCachedFeature
from dsrb_mm.fileio.array_store import write_store


@pytest.fixture
def step(tmp_path):
    maps = np.arange(8, dtype=np.float16).reshape(2, 2, 2, 1)
    notes = [dict(ori_shape=[3, 4]), {}]
    (tmp_path / 'store').mkdir()
    write_store(tmp_path / 'store', ['a', 'b'], maps[0], [(maps, notes)], {})
    return LoadCachedFeature(str(tmp_path / 'store'))


def test_the_map_takes_the_place_of_the_image(step):
    results = step(dict(img_path='a', sample_idx=7, gt_score=[1]))
    assert results.pop('img').flatten().tolist() == [0, 1, 2, 3]
    assert results == dict(img_path='a', sample_idx=7, gt_score=[1], ori_shape=(3, 4))


def test_an_image_without_features_is_named(step):
    with pytest.raises(ValueError, match='the features of c.jpg'):
        step(dict(img_path='c.jpg'))


def test_copies_hold_no_maps(step):
    step(dict(img_path='a'))
    assert len(pickle.dumps(step)) < 500
