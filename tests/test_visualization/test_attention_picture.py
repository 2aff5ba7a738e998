import numpy as np
import pytest
from PIL import Image

from dsrb_mm.visualization import CategoryPanel, draw_attention_picture


@pytest.mark.parametrize('count', [0, 1, 3])
def test_one_panel_a_category(tmp_path, count):
    panels = [
        CategoryPanel('dog', 0.9, truth, np.random.default_rng(0).random((3, 4)))
        for truth in (1, 0, None)[:count]
    ]
    image = np.zeros((40, 60, 3), np.uint8)
    draw_attention_picture(image, panels, tmp_path / 'a.png', missed=['cat'] if count else [])
    with Image.open(tmp_path / 'a.png') as picture:
        assert picture.width == 260 * (count + 1)


def test_attention_shows_where_it_is(tmp_path):
    attention = np.zeros((4, 4))
    attention[0, 3] = 1
    image = np.full((80, 80, 3), 128, np.uint8)
    draw_attention_picture(image, [CategoryPanel('a', 0.5, 1, attention)], tmp_path / 'a.png')
    with Image.open(tmp_path / 'a.png') as picture:
        pixels = np.asarray(picture.convert('RGB')).astype(int)
    panel = pixels[80:290, 270:510].sum(-1)
    rows, columns = panel.shape
    inside = panel[5 : rows // 3, -columns // 3 : -20]
    assert inside.max() > panel[rows // 2 :, : columns // 2].min() + 100


def test_no_attention_map(tmp_path):
    image = np.zeros((8, 8, 3), np.uint8)
    draw_attention_picture(image, [CategoryPanel('a', 0.5)], tmp_path / 'a.png')
    assert (tmp_path / 'a.png').stat().st_size > 0


def test_title_without_truth(tmp_path):
    """Where the truth is not known, the picture must not claim that nothing was missed."""
    image, pictures = np.zeros((40, 60, 3), np.uint8), []
    for title in (None, 'nothing missed', ''):
        draw_attention_picture(image, [CategoryPanel('a', 0.5)], tmp_path / 'a.png', title=title)
        pictures.append((tmp_path / 'a.png').read_bytes())
    assert pictures[0] == pictures[1] != pictures[2]
