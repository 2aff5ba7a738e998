import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import draw_labels
from torch.nn.functional import cosine_similarity

from dsrb_mm.models.complements import CategoryBatch, CrossImageTransfer

CHANNELS = 3


def build(seed=0, numbers=(2, 3, 0), kind='ClusterBank', **kwargs):
    """A transfer whose bank has random entries, as many of each category as ``numbers`` say."""
    transfer = CrossImageTransfer(bank=dict(type=kind), **kwargs)
    size = transfer.bank.size
    transfer.bank.counts = (torch.arange(size) < torch.tensor(numbers).unsqueeze(-1)).long()
    generator = torch.Generator().manual_seed(seed)
    transfer.bank.prototypes = torch.randn(3, size, CHANNELS, generator=generator).double()
    return transfer


def scores(transfer, features):
    """Mean cosine with the entries, loop by loop; -1 without any."""
    result = torch.full(features.shape[:2], -1.0, dtype=torch.float64)
    for n in range(len(features)):
        for c in range(features.shape[1]):
            rows = transfer.bank.prototypes[c][transfer.bank.counts[c] > 0]
            if len(rows):
                cosines = [cosine_similarity(features[n, c], row, dim=0).item() for row in rows]
                result[n, c] = sum(cosines) / len(cosines)
    return result


def draw(seed=0, batch=4, values=(1, 0, -1, -1)):
    torch.manual_seed(seed)
    features = torch.randn(batch, 3, CHANNELS).double()
    return features, draw_labels(batch, 3, seed, values).double()


@given(seed=st.integers(0, 1000), value=st.floats(0, 0.5))
def test_unknown_categories_above_the_threshold_become_present(seed, value):
    features, target = draw(seed)
    transfer = build(seed, threshold=dict(type='FallingThreshold', start=value, floor=0))
    copy = transfer(CategoryBatch(features, target))
    expected = scores(transfer, features)
    for n in range(4):
        for c in range(3):
            added = target[n, c] == -1 and expected[n, c] > transfer.threshold.value
            assert bool(copy.changed[n, c]) == bool(added)
            assert copy.target[n, c] == (1 if added else target[n, c])
    assert copy.features is features


def test_a_category_without_entries_is_never_added():
    transfer = build(threshold=dict(type='FallingThreshold', start=0.0, floor=0.0))
    features = draw()[0]
    assert not transfer(CategoryBatch(features, torch.full((4, 3), -1.0))).changed[:, 2].any()


@given(seed=st.integers(0, 1000))
def test_contrast_pulls_positives_to_their_prototypes_and_pushes_absent_ones_away(seed):
    features, target = draw(seed)
    features.requires_grad_()
    transfer = build(seed, contrast_weight=0.05)
    transfer.threshold.value.fill_(1)
    losses = transfer.extra_losses(CategoryBatch(features, target))
    assert losses.keys() == {'loss_cross_contrast'}
    total, number = 0.0, 0
    for n in range(4):
        for c in range(2):  # the third category has no prototypes
            for row in transfer.bank.prototypes[c][transfer.bank.counts[c] > 0]:
                if target[n, c] >= 0:
                    sign = 1 if target[n, c] == 1 else -1
                    weight = 1 / int((transfer.bank.counts[c] > 0).sum())
                    cosine = cosine_similarity(features[n, c], row, dim=0).item()
                    total += weight * (1 - sign * cosine)
                    number += weight
    loss = losses['loss_cross_contrast']
    assert loss.item() == pytest.approx(0.05 * total / max(number, 1), abs=1e-12)
    loss.backward()
    assert not features.grad[target == -1].any()
    before = scores(transfer, features.detach())
    after = scores(transfer, (features - 1e-3 * features.grad).detach())
    assert (after[target == 1] >= before[target == 1] - 1e-9).all()
    assert (after[target == 0] <= before[target == 0] + 1e-9).all()


def test_the_queue_is_filled_after_the_batch_was_scored():
    transfer = CrossImageTransfer(
        bank=dict(type='FeatureQueue', size=2),
        threshold=dict(type='FallingThreshold', start=0.9, floor=0.9),
    )
    transfer.build_layers(2, 3)
    batch = CategoryBatch(torch.randn(1, 2, 3), torch.tensor([[1.0, -1]]))
    assert not transfer(batch).changed.any() and transfer.extra_losses(batch) == {}
    other = CategoryBatch(batch.features, torch.tensor([[-1.0, -1]]))
    assert transfer(other).changed.tolist() == [[True, False]]


def test_an_averaged_model_can_follow_the_queue():
    transfer = CrossImageTransfer(bank=dict(type='FeatureQueue', size=2))
    transfer.build_layers(2, 3)
    average = torch.optim.swa_utils.AveragedModel(transfer, use_buffers=True)
    transfer.extra_losses(CategoryBatch(torch.randn(1, 2, 3), torch.ones(1, 2)))
    for _ in range(2):
        average.update_parameters(transfer)
    assert average.module.bank.prototypes.shape == (2, 2, 3)


def test_before_the_bank_is_filled_nothing_happens():
    config = dict(type='LearnedThreshold')
    transfer = CrossImageTransfer(
        bank=dict(type='ClusterBank'), threshold=config, contrast_weight=1
    )
    batch = CategoryBatch(*draw())
    assert transfer(batch) is None and transfer.extra_losses(batch) == {}


@pytest.mark.parametrize('value', [1.0, 0.0, -1.0])
def test_batches_of_one_with_one_kind_of_label(value):
    transfer = build(threshold=dict(type='LearnedThreshold', start=0.1), contrast_weight=0.05)
    batch = CategoryBatch(draw(batch=1)[0], torch.full((1, 3), value).double())
    losses = transfer.extra_losses(batch)
    assert losses.keys() == {'loss_cross_threshold', 'loss_cross_contrast'}
    assert all(loss.isfinite() for loss in losses.values())
    if value != -1:
        assert not transfer(batch).changed.any()


def test_a_learned_threshold_is_trained_on_the_known_labels():
    features, target = draw(values=(1, 0))
    transfer = build(threshold=dict(type='LearnedThreshold', start=0.1))
    loss = transfer.extra_losses(CategoryBatch(features, target))['loss_cross_threshold']
    expected = transfer.threshold.loss(scores(transfer, features), target)
    assert loss.item() == pytest.approx(expected.item(), abs=1e-12)


def test_parts_of_a_wrong_kind():
    with pytest.raises(TypeError, match='config of a CategoryBank, but got a FallingThreshold'):
        CrossImageTransfer(bank=dict(type='FallingThreshold'))
    with pytest.raises(ValueError, match='contrast_weight to be 0 or more'):
        CrossImageTransfer(contrast_weight=-0.1)


def test_published_settings_are_the_defaults():
    transfer = CrossImageTransfer()
    assert (transfer.bank.size, transfer.begin) == (100, 5)
    assert transfer.threshold.value.item() == pytest.approx(0.95)
