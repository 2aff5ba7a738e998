import numpy as np
import pytest
import torch

from dsrb_mm.apis import prediction_pictures

RESULT = dict(
    pred_scores=np.array([0.1, 0.9, 0.6]), pred_labels=[1, 2], pred_classes=['dog', 'cow']
)


@pytest.fixture
def draw(monkeypatch, tmp_path):
    """Returns what is drawn: the image, (name, score, has attention) by panel, the title."""
    drawn = []
    monkeypatch.setattr(
        prediction_pictures,
        'draw_attention_picture',
        lambda image, panels, path, title: drawn.append((image, panels, title)),
    )

    def call(inputs, result, attention, count=5):
        path = tmp_path / 'new' / 'a.png'
        prediction_pictures.draw_prediction(inputs, result, attention, path, count)
        image, panels, title = drawn.pop()
        return image, [(p.name, p.score, p.attention) for p in panels], title

    return call


def test_image_is_rgb(draw):
    inputs = torch.arange(3, dtype=torch.uint8).view(3, 1, 1).expand(3, 4, 5)
    assert draw(inputs, RESULT, None)[0][0, 0].tolist() == [2, 1, 0]
    assert draw(torch.full((1, 4, 5), 300.0), RESULT, None)[0].tolist() == [[[255] * 3] * 5] * 4


def test_a_panel_with_its_own_attention_for_each_category(draw):
    attention = np.random.default_rng(0).random((3, 2, 2))
    _, panels, title = draw(torch.zeros(3, 4, 5), RESULT, attention)
    assert [panel[:2] for panel in panels] == [('dog', 0.9), ('cow', 0.6)]
    assert all((p[2] == attention[c]).all() for p, c in zip(panels, (1, 2), strict=True))
    assert title == ''


def test_what_is_not_shown_is_said(draw):
    image = torch.zeros(3, 4, 5)
    assert draw(image, RESULT, None)[1:] == ([], 'dog 0.90\ncow 0.60')
    assert draw(image, RESULT, None, 1)[2] == 'dog 0.90\n1 more predicted'
    assert draw(image, RESULT, np.ones((3, 2, 2)), 1)[2] == '1 more predicted'
    nothing = dict(RESULT, pred_labels=[], pred_classes=[])
    assert draw(image, nothing, np.ones((3, 2, 2)))[1:] == ([], 'nothing predicted')
