import numpy as np
import pytest
from PIL import Image

from dsrb_mm.visualization import draw_label_picture
from dsrb_mm.visualization.label_picture import shorten

IMAGE = np.zeros((30, 50, 3), np.uint8)


def coloured(path, low, high):
    """Where green, red and gray text stands: columns of pixels."""
    with Image.open(path) as picture:
        pixels = np.asarray(picture.convert('RGB')).astype(int)[:, 400:]
    red, green, blue = np.moveaxis(pixels, -1, 0)
    masks = dict(green=green - red > 80, red=red - green > 80, gray=(abs(red - green) < 5))
    masks['gray'] &= (red < 120) & (abs(red - blue) < 5)
    return {name: int(mask[:, low:high].sum()) for name, mask in masks.items()}


def test_lists_stand_apart_in_their_colours(tmp_path):
    path = tmp_path / 'new/a.png'
    draw_label_picture(IMAGE, np.array([1, 0, -1, 0]), ['a', 'b', 'c', 'd'], path)
    present, absent, unknown = (coloured(path, 175 * i, 175 * i + 165) for i in range(3))
    assert present['green'] > 50 and present['red'] == 0
    assert absent['red'] > 50 and absent['green'] == 0
    assert unknown['gray'] > 50 and unknown['green'] == unknown['red'] == 0


def test_shorten():
    assert shorten(['a', 'b'], 2) == ['a', 'b']
    assert shorten(['a', 'b', 'c'], 2) == ['a', 'b', 'and 1 more']
    assert shorten([], 2) == []
    (name,) = shorten(['x' * 50], 2)
    assert len(name) == 20 and name.endswith('…')


def test_names_with_dollar_signs_and_200_categories(tmp_path):
    names = [f'$x_{i}$ \\' for i in range(200)]
    draw_label_picture(IMAGE, np.arange(200) % 3 - 1, names, tmp_path / 'a.png', '$', 40)
    with Image.open(tmp_path / 'a.png') as picture:
        assert picture.size == (910, 400)


def test_wrong_arguments(tmp_path):
    with pytest.raises(ValueError, match='expected 1 labels'):
        draw_label_picture(IMAGE, np.zeros(2), ['a'], tmp_path / 'a.png')
    with pytest.raises(ValueError, match='max_names'):
        draw_label_picture(IMAGE, np.zeros(1), ['a'], tmp_path / 'a.png', max_names=0)
