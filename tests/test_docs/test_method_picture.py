"""The picture of the method is what its script draws of the present code."""

import importlib.util
from xml.etree import ElementTree

from helpers.docs.workspace import ROOT
from mmengine.config import Config


def drawing():
    spec = importlib.util.spec_from_file_location('draw', ROOT / 'docs/images/draw_method.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_picture_is_up_to_date():
    draw = drawing()
    picture = draw.draw(Config.fromfile(draw.CONFIG).model)
    assert picture == draw.TARGET.read_text(encoding='utf-8'), 'run docs/images/draw_method.py'


def test_picture_shows_the_parts_of_its_config():
    draw = drawing()
    model = Config.fromfile(draw.CONFIG).model
    model.head.loss.type = 'OtherLoss'
    shown = ' '.join(ElementTree.fromstring(draw.draw(model)).itertext())
    assert {'CSRLNeck', 'DSRBHead', 'OtherLoss', 'PrototypeBlending'} <= set(
        shown.replace(':', ' ').split()
    )
