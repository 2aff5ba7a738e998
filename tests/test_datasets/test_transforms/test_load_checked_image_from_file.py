import numpy as np
import pytest
from mmpretrain.registry import TRANSFORMS
from PIL import Image

from dsrb_mm.datasets.image_decoding import UnreadableImageError


def test_same_results_as_mmcv(tmp_path):
    pixels = np.random.default_rng(0).integers(0, 255, (20, 30, 3)).astype(np.uint8)
    path = str(tmp_path / 'a.png')
    Image.fromarray(pixels).save(path)
    found = TRANSFORMS.build(dict(type='LoadCheckedImageFromFile'))(dict(img_path=path))
    expected = TRANSFORMS.build(dict(type='LoadImageFromFile'))(dict(img_path=path))
    assert found.keys() == expected.keys()
    assert np.array_equal(found['img'], expected['img'])
    assert found['img_shape'] == found['ori_shape'] == expected['img_shape'] == (20, 30)


def test_errors_name_the_file(tmp_path):
    load = TRANSFORMS.build(dict(type='LoadCheckedImageFromFile', max_pixels=100))
    with pytest.raises(FileNotFoundError, match='gone.jpg'):
        load(dict(img_path=str(tmp_path / 'gone.jpg')))
    Image.new('RGB', (11, 10)).save(tmp_path / 'a.jpg')
    with pytest.raises(UnreadableImageError, match='a.jpg'):
        load(dict(img_path=str(tmp_path / 'a.jpg')))
    with pytest.raises(ValueError, match='max_pixels .* got 0'):
        TRANSFORMS.build(dict(type='LoadCheckedImageFromFile', max_pixels=0))
