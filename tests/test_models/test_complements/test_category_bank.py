import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.complements import PrototypeBank
from dsrb_mm.models.complements.category_bank import CategoryBank


def build(counts, channels=3, seed=0):
    """A bank with random entries where ``counts`` (C, K) is not 0, and noise elsewhere."""
    generator = torch.Generator().manual_seed(seed)
    bank = CategoryBank(len(counts[0]))
    bank.counts = torch.tensor(counts)
    bank.prototypes = torch.randn(*bank.counts.shape, channels, generator=generator).double()
    return bank


def mean_cosine(feature, entries):
    def cosine(one, other):
        dot = sum(a * b for a, b in zip(one, other, strict=True))
        return dot / math.sqrt(sum(a * a for a in one)) / math.sqrt(sum(b * b for b in other))

    return sum(cosine(feature, entry) for entry in entries) / len(entries) if entries else -1


@given(seed=st.integers(0, 1000), batch=st.integers(1, 4))
def test_similarity_is_the_mean_cosine_with_the_entries(seed, batch):
    torch.manual_seed(seed)
    counts = torch.randint(3, (4, 5)).tolist()
    bank = build(counts, seed=seed)
    features = torch.randn(batch, 4, 3).double()
    similarity = bank.similarity(features)
    for n in range(batch):
        for c in range(4):
            entries = [bank.prototypes[c, k].tolist() for k in range(5) if counts[c][k]]
            expected = mean_cosine(features[n, c].tolist(), entries)
            assert similarity[n, c].item() == pytest.approx(expected, abs=1e-12)


def test_an_empty_bank_and_a_category_without_entries_are_unlike_everything():
    features = torch.randn(2, 2, 3)
    assert torch.equal(CategoryBank(5).similarity(features), torch.full((2, 2), -1.0))
    assert (build([[1, 1], [0, 0]]).similarity(features)[:, 1] == -1).all()


def test_gradients_flow_into_the_features_alone():
    bank = build([[1, 2], [0, 0]])
    features = torch.randn(2, 2, 3, requires_grad=True)
    bank.similarity(features).sum().backward()
    assert features.grad[:, 0].any() and not features.grad[:, 1].any()
    assert not bank.prototypes.requires_grad


def test_a_feature_of_zeros_gives_no_nan():
    features = torch.zeros(1, 1, 3, requires_grad=True)
    similarity = build([[1]]).similarity(features)
    similarity.sum().backward()
    assert similarity.item() == 0 and features.grad.isfinite().all()


def test_float32_under_mixed_precision():
    bank, features = build([[1, 1]]), torch.randn(2, 1, 3)
    with torch.autocast('cpu', torch.bfloat16):
        similarity = bank.similarity(features.bfloat16())
    assert similarity.dtype == torch.float32


def test_prototypes_of_quadrants_are_a_bank():
    bank = PrototypeBank()
    assert isinstance(bank, CategoryBank) and bank.is_empty and bank.prototypes.shape == (0, 4, 0)
