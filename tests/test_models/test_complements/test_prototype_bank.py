import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles import dense
from oracles.wiring import draw_labels, maximum_deviation

from dsrb_mm.models.complements import PrototypeBank
from dsrb_mm.models.layers import attended_response, peak_quadrant

CHANNELS, HEIGHT, WIDTH = 3, 2, 3


def draw_batches(seed, sizes, num_classes):
    """Batches of attended maps (B, H, W, C, D) and labels."""
    generator = torch.Generator().manual_seed(seed)
    values = (1, 1, 0, -1)
    batches = []
    for k, batch in enumerate(sizes):
        shape = (batch, HEIGHT, WIDTH, num_classes, CHANNELS)
        maps = torch.randn(shape, generator=generator, dtype=torch.float64)
        batches.append((maps, draw_labels(batch, num_classes, seed + k, values)))
    return batches


def fill(bank, batches):
    bank.reset()
    for maps, labels in batches:
        bank.update(maps.sum((1, 2)), labels, dense.quadrants(maps))
    bank.finish()
    return bank


def assert_same_as_dense(bank, batches, limit=None):
    expected = dense.prototypes([(m, labels.tolist()) for m, labels in batches], limit)
    for c, quadrants in enumerate(expected):
        assert bool(bank.available[c]) == (quadrants is not None)
        if quadrants is None:
            assert not bank.prototypes[c].any()
            continue
        for q in range(4):
            deviation = maximum_deviation(bank.prototypes[c, q], quadrants[q].sum((0, 1)))
            assert deviation < 1e-12, (c, q)


@given(
    seed=st.integers(0, 10_000),
    sizes=st.lists(st.integers(1, 6), min_size=1, max_size=4),
    limit=st.sampled_from([None, 1, 2, 100]),
)
def test_agrees_with_means_of_attended_maps(seed, sizes, limit):
    batches = draw_batches(seed, sizes, 4)
    bank = fill(PrototypeBank(limit).double(), batches)
    assert_same_as_dense(bank, batches, limit)
    if limit is not None:
        assert bank.counts.max() <= limit


def test_category_without_positives_has_no_prototype():
    ((maps, labels),) = draw_batches(0, [6], 3)
    labels[:, 1] = torch.tensor([0, -1, 0, -1, 0, -1])
    bank = fill(PrototypeBank().double(), [(maps, labels)])
    assert bank.available.tolist() == [True, False, True]
    assert_same_as_dense(bank, [(maps, labels)])


def test_empty_quadrant_takes_the_mean_of_all_maps_not_of_the_quadrants():
    bank = PrototypeBank()
    bank.reset()
    semantic = torch.tensor([1.0, 2.0, 6.0]).view(3, 1, 1)
    bank.update(semantic, torch.ones(3, 1), torch.tensor([[0], [0], [3]]))
    bank.finish()
    assert bank.prototypes.flatten().tolist() == [1.5, 3, 3, 6]
    assert bank.counts.tolist() == [[2, 0, 0, 1]]


def test_the_limit_takes_the_first_of_each_quadrant_across_batches():
    bank = PrototypeBank(max_per_location=2)
    bank.reset()
    for values, quadrants in [([1.0], [2]), ([3.0, 100.0, 5.0], [2, 2, 1])]:
        semantic = torch.tensor(values).view(-1, 1, 1)
        bank.update(semantic, torch.ones(len(values), 1), torch.tensor(quadrants).view(-1, 1))
    bank.finish()
    assert bank.counts.tolist() == [[0, 1, 2, 0]]
    assert bank.prototypes.flatten().tolist() == [3, 5, 2, 3]


def test_how_images_are_spread_over_batches_does_not_matter():
    ((maps, labels),) = draw_batches(1, [12], 3)
    whole = fill(PrototypeBank(), [(maps, labels)])
    pieces = [(maps[i : i + 5], labels[i : i + 5]) for i in range(0, 12, 5)]
    assert torch.equal(fill(PrototypeBank(), pieces).prototypes, whole.prototypes)


def test_refilling_forgets_what_was_there_before():
    first, second = draw_batches(2, [8, 3], 3)
    bank = fill(PrototypeBank().double(), [first])
    assert_same_as_dense(fill(bank, [second]), [second])


def test_quadrants_of_the_package_give_the_same_prototypes():
    generator = torch.Generator().manual_seed(3)
    attention = torch.rand(9, 2, 6, generator=generator, dtype=torch.float64)
    features = torch.randn(9, 6, CHANNELS, generator=generator, dtype=torch.float64)
    maps = (attention.unsqueeze(-1) * features.unsqueeze(1)).permute(0, 2, 1, 3)
    maps = maps.unflatten(1, (HEIGHT, WIDTH))
    labels = draw_labels(9, 2, 3, (1, 1, 0, -1))
    bank = PrototypeBank().double()
    bank.reset()
    response = attended_response(attention.unflatten(-1, (HEIGHT, WIDTH)), features)
    bank.update(attention @ features, labels, peak_quadrant(response))
    bank.finish()
    assert_same_as_dense(bank, [(maps, labels)])


def test_large_sums_keep_their_precision():
    bank = PrototypeBank()
    bank.reset()
    for _ in range(40):
        bank.update(torch.full((500, 1, 1), 0.1), torch.ones(500, 1), torch.zeros(500, 1).long())
    bank.finish()
    assert bank.prototypes[0, 0].item() == torch.tensor(0.1).item()


def test_no_batch_at_all():
    bank = fill(PrototypeBank(), [])
    assert bank.is_empty and not bank.available.any()
    full = fill(PrototypeBank(), draw_batches(0, [6], 3))
    before = full.prototypes.clone()
    assert torch.equal(fill(full, []).prototypes, before)


@pytest.mark.parametrize('sizes', [(3, 3), (3, 5), (None, 3), (3, None)], ids=str)
def test_prototypes_are_saved_and_loaded_whatever_their_sizes(sizes):
    """Into an empty bank, a bank of other sizes, and as an empty bank."""
    banks = [
        PrototypeBank() if n is None else fill(PrototypeBank(), draw_batches(4, [6], n))
        for n in sizes
    ]
    other, bank = banks
    assert other.load_state_dict(bank.state_dict()).missing_keys == []
    assert torch.equal(other.prototypes, bank.prototypes)
    assert torch.equal(other.available, bank.available)
    assert other.is_empty == bank.is_empty


def test_no_gradient_is_kept():
    bank = PrototypeBank()
    semantic = torch.randn(3, 2, CHANNELS, requires_grad=True)
    bank.reset()
    bank.update(semantic, torch.ones(3, 2), torch.zeros(3, 2).long())
    bank.finish()
    assert not bank.prototypes.requires_grad


@pytest.mark.parametrize('limit', [0, -3])
def test_bad_limit(limit):
    message = f'expected max_per_location to be at least 1, but got {limit}'
    with pytest.raises(ValueError, match=message):
        PrototypeBank(limit)


def test_use_before_reset():
    bank = PrototypeBank()
    with pytest.raises(RuntimeError, match=r'update\(\) needs PrototypeBank.reset\(\)'):
        bank.update(torch.zeros(1, 2, 3), torch.ones(1, 2), torch.zeros(1, 2).long())
    with pytest.raises(RuntimeError, match=r'finish\(\) needs PrototypeBank.reset\(\)'):
        bank.finish()
