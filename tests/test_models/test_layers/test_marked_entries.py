import torch
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.layers import marked_entries


@given(st.integers(1, 6), st.integers(1, 9), st.integers(0, 100))
def test_every_marked_entry_is_found_once(rows, columns, seed):
    generator = torch.Generator().manual_seed(seed)
    masks = [torch.rand(rows, columns, generator=generator) < p for p in (0.0, 0.4, 1.0)]
    for mask, index in zip(masks, marked_entries(masks), strict=True):
        assert index.shape == (rows, max(1, int(mask.sum(1).max())))
        for row, found in zip(mask, index.tolist(), strict=True):
            assert len(set(found)) == len(found)
            assert set(row.nonzero().flatten().tolist()) <= set(found)


def test_a_flat_mask():
    (index,) = marked_entries([torch.tensor([True, False, True])])
    assert sorted(index.tolist()) == [0, 2]
