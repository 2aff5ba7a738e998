from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from dsrb_mm.apis import collect_images


def test_folder_is_searched_sorted_and_only_for_images(photos):
    images = collect_images(photos)
    found = [Path(image.path).relative_to(photos).as_posix() for image in images]
    assert found == ['a.jpg', 'b.png', 'c.JPG', 'd.png', 'deeper/a.jpg', 'e.bmp']
    assert [image.name for image in images] == ['a', 'b', 'c', 'd', 'deeper/a', 'e']


def test_lists_keep_their_order_and_mix_kinds(photos):
    array = np.zeros((5, 7, 3), np.uint8)
    given = [photos / 'd.png', array, str(photos / 'deeper'), photos / 'a.jpg']
    images = collect_images(given, 'bgr')
    assert [image.path and Path(image.path).name for image in images] == [
        'd.png', None, 'a.jpg', 'a.jpg',
    ]  # fmt: skip
    assert images[1].array is not None and images[1].array.shape == (5, 7, 3)
    assert len({image.name for image in images}) == 4


def test_linked_folders_are_named(tmp_path, photos):
    (tmp_path / 'own').mkdir()
    (tmp_path / 'own/a.png').touch()
    (tmp_path / 'own/link').symlink_to(photos)
    with pytest.warns(UserWarning, match='own/link: give them as inputs'):
        assert len(collect_images(tmp_path / 'own')) == 1


def test_same_names_are_told_apart(tmp_path):
    for name in ('a.png', 'a.jpg', 'a_2.jpg'):
        (tmp_path / name).touch()
    names = [image.name for image in collect_images(tmp_path)]
    assert len(set(names)) == 3 and 'a' in names


@pytest.mark.parametrize('missing', ['gone.jpg', ['a.jpg', 'gone']])
def test_missing_file_or_folder(photos, missing):
    names = [missing] if isinstance(missing, str) else missing
    with pytest.raises(FileNotFoundError, match='gone'):
        collect_images([photos / name for name in names])


def test_nothing_to_predict(tmp_path):
    (tmp_path / 'readme.txt').touch()
    with pytest.raises(ValueError, match=f'folder {tmp_path} to hold images .*png.* got none'):
        collect_images(tmp_path)
    with pytest.raises(ValueError, match='empty list'):
        collect_images([])


@pytest.mark.parametrize('shape', [(8, 8), (8, 8, 4), (2, 8, 8, 3), (0, 8, 3)])
def test_arrays_that_are_no_images(shape):
    with pytest.raises(ValueError, match=r'input 0 .* \(H, W, 3\)'):
        collect_images(np.zeros(shape, np.uint8))


def test_order_of_channels_is_said(photos):
    array = np.arange(5 * 7 * 3, dtype=np.uint8).reshape(5, 7, 3)
    with pytest.raises(ValueError, match="input 1 is an array: say channel_order='rgb'"):
        collect_images([photos / 'a.jpg', array])
    with pytest.raises(ValueError, match="one of .'rgb', 'bgr'., but got 'RGB'"):
        collect_images(array, 'RGB')
    for order, expected in (('bgr', array), ('rgb', array[..., ::-1])):
        found = collect_images(array, order)[0].array
        np.testing.assert_array_equal(found, expected)
        assert found.flags.c_contiguous


def test_images_of_pillow_need_no_order(photos):
    given = Image.new('L', (7, 5))
    images = collect_images([given, given])
    assert images[0].image is given and [image.path for image in images] == [None, None]
    assert len({image.name for image in images}) == 2


def test_other_kinds():
    with pytest.raises(ValueError, match='uint8, but got .* float64'):
        collect_images(np.zeros((8, 8, 3)))
    with pytest.raises(TypeError, match='input 1 .* int'):
        collect_images([np.zeros((8, 8, 3), np.uint8), 3], 'rgb')
