import sys

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.layers import marked_entries

# The package's attribute of this name is the function.
MODULE = sys.modules['dsrb_mm.models.layers.marked_entries']


@given(st.integers(0, 1000), st.integers(1, 4), st.integers(1, 9), st.floats(0, 1))
def test_every_mark_is_found_once(seed, rows, length, rate):
    generator = torch.Generator().manual_seed(seed)
    mask = torch.rand(rows, length, generator=generator) < rate
    index = marked_entries(mask)
    assert index.shape == (rows, max(1, int(mask.sum(1).max())))
    for row, found in zip(mask, index.tolist(), strict=True):
        assert len(set(found)) == len(found)
        assert set(row.nonzero().flatten().tolist()) <= set(found)


@pytest.mark.parametrize(('most', 'length'), [(2, 2), (3, 3), (None, 4), (9, 4)])
def test_on_an_accelerator_the_bound_is_the_number(monkeypatch, most, length):
    monkeypatch.setattr(MODULE, '_can_count', lambda _: False)
    mask = torch.tensor([[True, False, True, False], [False, False, False, True]])
    index = marked_entries(mask, most)
    assert index.shape == (2, length)
    assert {0, 2} <= set(index[0].tolist())
    assert 3 in index[1]


def test_more_marks_than_the_bound(monkeypatch):
    monkeypatch.setattr(MODULE, '_can_count', lambda _: False)
    with pytest.raises(RuntimeError):
        marked_entries(torch.ones(1, 3, dtype=torch.bool), 2)
