import numpy as np
import pandas as pd
import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import PIPELINE, coco_config
from mmpretrain.registry import MODELS

from dsrb_mm.datasets.config_data import build_split
from dsrb_mm.models.complements.prototype_bank import PrototypeBank
from dsrb_mm.visualization.nearest_images import (
    find_members,
    prototype_bank,
    prototype_similarity,
)

PLAIN = PIPELINE[:2] + PIPELINE[3:]


def test_similarity_is_the_cosine_with_the_own_quadrant():
    bank = PrototypeBank()
    bank.prototypes = torch.randn(3, 4, 4)
    semantic, quadrant = torch.randn(5, 3, 4), torch.randint(0, 4, (5, 3))
    labels = torch.randint(-1, 2, (5, 3))
    table = prototype_similarity(semantic, quadrant, labels, bank)
    expected = []
    for b in range(5):
        for c in range(3):
            if labels[b, c] == 1:
                q = int(quadrant[b, c])
                x, y = semantic[b, c].numpy(), bank.prototypes[c, q].numpy()
                cosine = float(x @ y / np.linalg.norm(x) / np.linalg.norm(y))
                expected.append((b, c, q, pytest.approx(cosine, abs=1e-5)))
    assert list(table.itertuples(index=False, name=None)) == expected


@pytest.fixture
def model_and_data(tmp_path):
    write_coco(tmp_path / 'data', 'train', random_labels(11, 3), ['a', 'b', 'c'])
    write_coco(tmp_path / 'data', 'val', random_labels(3, 3), ['a', 'b', 'c'])
    cfg = coco_config(tmp_path / 'data', tmp_path / 'w', 3)
    model = MODELS.build(dict(cfg.model, data_preprocessor=cfg.data_preprocessor)).eval()
    return model, build_split(cfg, 'train', PLAIN), cfg


def test_members_are_the_known_positives(model_and_data):
    model, data, cfg = model_and_data
    with pytest.raises(ValueError, match='begin of the complement'):
        prototype_bank(model)
    bank = model.head.complements.pprb.bank
    bank.counts, bank.prototypes = torch.full((3, 4), 2), torch.randn(3, 4, 32)
    table = find_members(model, data, cfg, [0, 2])
    pairs = {(int(i), int(c)) for i, c in np.argwhere(data.labels == 1) if c != 1}
    assert set(zip(table.image, table.category, strict=True)) == pairs
    assert len(table) == len(pairs)
    assert (table.similarity.diff().dropna() <= 0).all()
    with torch.no_grad():
        row = table.iloc[0]
        inputs = data.samples[int(row.image)]['inputs'][None]
        feats = model.extract_feat(model.data_preprocessor(dict(inputs=inputs))['inputs'])
    category = int(row.category)
    assert int(feats.quadrant[0, category]) == row.quadrant
    prototype = bank.prototypes[category, int(row.quadrant)]
    cosine = torch.cosine_similarity(feats.semantic[0, category], prototype, dim=0)
    assert row.similarity == pytest.approx(float(cosine), abs=1e-4)


def test_no_members_and_no_prototypes(model_and_data):
    model, data, cfg = model_and_data
    bank = model.head.complements.pprb.bank
    bank.counts, bank.prototypes = torch.ones(3, 4, dtype=torch.long), torch.randn(3, 4, 32)
    data.labels[:, 1] = 0
    assert isinstance(find_members(model, data, cfg, [1]), pd.DataFrame)
    assert find_members(model, data, cfg, [1]).empty
    model.head.complements.clear()
    with pytest.raises(ValueError, match='the model has no prototypes'):
        prototype_bank(model)
