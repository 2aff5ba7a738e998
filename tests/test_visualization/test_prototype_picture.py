import numpy as np
import pytest
from PIL import Image

from dsrb_mm.visualization import PrototypePanel, draw_prototype_picture


def test_images_stand_in_their_quadrant(tmp_path):
    image = np.full((40, 60, 3), 90, np.uint8)
    panels = [PrototypePanel(3, 2, [image] * 2, [0.9, 0.8]), *[PrototypePanel(0, 0, [], [])] * 3]
    draw_prototype_picture('$dog', panels, tmp_path / 'x/a.png', 3)
    with Image.open(tmp_path / 'x/a.png') as picture:
        pixels = np.asarray(picture.convert('RGB')).astype(int)
    grey = (abs(pixels - 90) < 4).all(-1)
    height, width = grey.shape
    top = grey[: height // 2]
    assert top[:, : width // 2].sum() > 5000 and top[:, width // 2 :].sum() < 200
    assert grey[height // 2 + 30 :].sum() < 200
    with pytest.raises(ValueError, match='got 3'):
        draw_prototype_picture('dog', panels[:3], tmp_path / 'a.png')
