import numpy as np
import pytest
import torch
from PIL import Image

from dsrb_mm.visualization import original_image, transformed_image

RED = np.zeros((6, 9, 3), np.uint8) + np.array([200, 20, 10], np.uint8)


def test_original(tmp_path):
    Image.fromarray(RED).save(tmp_path / 'a.png')
    assert (original_image(str(tmp_path / 'a.png')) == RED).all()
    assert original_image(str(tmp_path / 'a.png'), longest=3).shape == (2, 3, 3)
    Image.fromarray(RED[..., 0]).save(tmp_path / 'gray.png')
    assert original_image(str(tmp_path / 'gray.png')).shape == (6, 9, 3)


def test_transformed():
    bgr = torch.from_numpy(RED[..., ::-1].copy()).permute(2, 0, 1)
    assert (transformed_image(dict(inputs=bgr)) == RED).all()
    assert (transformed_image(dict(inputs=bgr.flip(0)), bgr=False) == RED).all()
    normalised = (bgr.float() - 127) / 50
    picture = transformed_image(dict(inputs=normalised)).astype(int)
    assert picture.max() == 255 and picture.min() == 0


@pytest.mark.parametrize('sample', [{}, dict(inputs=torch.zeros(1, 4, 4)), dict(inputs=3)])
def test_no_image(sample):
    with pytest.raises(ValueError, match='3, H, W'):
        transformed_image(sample)
