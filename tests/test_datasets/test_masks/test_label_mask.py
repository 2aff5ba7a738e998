import sys

import numpy as np
import pytest
from mmengine.config import Config
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.masks import KnownProportion, LabelMask
from dsrb_mm.registry import MASKS

OWN_MASK = """
import numpy as np
from dsrb_mm.datasets.masks import LabelMask
from dsrb_mm.registry import MASKS

@MASKS.register_module()
class OwnMaskOfAUser(LabelMask):
    def __init__(self, number):
        self.number = number

    def choose(self, labels):
        return np.broadcast_to(np.arange(labels.shape[1]) < self.number, labels.shape)
"""
CONFIG = """
custom_imports = dict(imports=['own_mask_of_a_user'])
known = dict(type='OwnMaskOfAUser', number=1)
"""


class Labels:
    """A dataset of 3 images with an unknown label of its own."""

    metainfo = dict(classes=('a', 'b'))

    def full_init(self):
        pass

    def get_data_info(self, idx):
        return {}

    def __len__(self):
        return 3

    def label_matrix(self):
        return np.array([[1, 0], [-1, 1], [0, 0]], np.int8)


def build(known):
    return DATASETS.build(dict(type='PartialLabelDataset', dataset=Labels(), known=known))


def test_a_mask_of_a_user_in_a_file_of_theirs(tmp_path, monkeypatch):
    (tmp_path / 'own_mask_of_a_user.py').write_text(OWN_MASK)
    (tmp_path / 'config.py').write_text(CONFIG)
    monkeypatch.syspath_prepend(tmp_path)
    try:
        cfg = Config.fromfile(tmp_path / 'config.py')
        dataset = build(cfg.known)
    finally:
        sys.modules.pop('own_mask_of_a_user', None)
        MASKS.module_dict.pop('OwnMaskOfAUser', None)
    assert dataset.label_matrix().tolist() == [[1, -1], [-1, -1], [0, -1]]
    assert 'OwnMaskOfAUser(number=1)' in repr(dataset)


@pytest.mark.parametrize('wrong', [np.ones((3, 2)), np.ones((2, 2), bool), [[True, True]] * 3])
def test_a_mask_that_chooses_something_else(wrong):
    class Wrong(LabelMask):
        def choose(self, labels):
            return wrong

    with pytest.raises(TypeError, match=r'Wrong\(\) to choose .* shape \(3, 2\)'):
        build(Wrong())


def test_repr_names_the_arguments():
    assert repr(KnownProportion(0.1, seed=3)) == 'KnownProportion(p=0.1, seed=3)'
