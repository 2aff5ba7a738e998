import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmpretrain.structures import DataSample
from oracles.wiring import draw_labels, maximum_deviation

from dsrb_mm.models import DSRBHead, TrainingProgress
from dsrb_mm.models.complements import CategoryBatch, IntraImageTransfer
from dsrb_mm.models.complements.intra_image_transfer import CoOccurrenceNetwork

CATEGORIES, CHANNELS = 4, 5


def build(num_classes=CATEGORIES, **kwargs):
    transfer = IntraImageTransfer(hidden_channels=3, **kwargs)
    transfer.build_layers(num_classes, CHANNELS)
    return transfer.double()


def pair_logits(network, features):
    """The network as its formula stands: {(image, i, j): logit}, i < j."""
    logits, pair = {}, 0
    for i in range(CATEGORIES):
        for j in range(i + 1, CATEGORIES):
            for n in range(len(features)):
                reduced = [network.reduce(features[n, c]) for c in (i, j)]
                hidden = network.hidden(torch.cat(reduced)).relu()
                logits[n, i, j] = network.weight[pair] @ hidden + network.bias[pair]
            pair += 1
    return logits


def scores(network, features, target):
    logits = pair_logits(network, features)
    result = torch.zeros(target.shape, dtype=torch.float64)
    for n in range(len(target)):
        for c in range(CATEGORIES):
            others = [k for k in range(CATEGORIES) if k != c and target[n, k] == 1]
            for k in others:
                result[n, c] += logits[n, min(c, k), max(c, k)].sigmoid().item() / len(others)
    return result


def draw(seed=0, batch=3, values=(1, 0, -1, -1)):
    torch.manual_seed(seed)
    features = torch.randn(batch, CATEGORIES, CHANNELS).double()
    return features, draw_labels(batch, CATEGORIES, seed, values).double()


@given(seed=st.integers(0, 1000), batch=st.integers(1, 4))
def test_score_is_the_mean_over_the_other_known_positives(seed, batch):
    features, target = draw(seed, batch)
    transfer = build()
    expected = scores(transfer.network, features, target)
    assert maximum_deviation(transfer.score(CategoryBatch(features, target)), expected) < 1e-12


@given(seed=st.integers(0, 1000), value=st.floats(0.3, 0.7))
def test_unknown_categories_above_the_threshold_become_present(seed, value):
    features, target = draw(seed)
    transfer = build(threshold=dict(type='FallingThreshold', start=value, floor=0))
    copy = transfer(CategoryBatch(features, target))
    expected = scores(transfer.network, features, target)
    for n in range(len(target)):
        for c in range(CATEGORIES):
            added = target[n, c] == -1 and expected[n, c] > transfer.threshold.value
            assert bool(copy.changed[n, c]) == bool(added)
            assert copy.target[n, c] == (1 if added else target[n, c])
    assert copy.features is features
    assert not copy.target.requires_grad


def test_a_score_at_the_threshold_is_not_enough():
    transfer = build(threshold=dict(type='FallingThreshold', start=0.5, floor=0.5))
    with torch.no_grad():
        transfer.network.weight.zero_()
        transfer.network.bias.zero_()  # all probabilities are 0.5
    batch = CategoryBatch(draw()[0][:1], torch.tensor([[1.0, -1, -1, 0]]).double())
    assert not transfer(batch).changed.any()
    transfer.threshold.value.fill_(0.4999)
    assert transfer(batch).changed.tolist() == [[False, True, True, False]]


@given(seed=st.integers(0, 1000))
def test_loss_of_the_co_occurrences_agrees_with_the_formula(seed):
    features, target = draw(seed)
    transfer = build(co_occurrence_weight=2.5)
    losses = transfer.extra_losses(CategoryBatch(features, target))
    assert losses.keys() == {'loss_intra_co_occurrence'}
    total = 0.0
    logits = pair_logits(transfer.network, features)
    for (n, i, j), logit in logits.items():
        p = 1 / (1 + math.exp(-logit.item()))
        if target[n, i] == 1 and target[n, j] == 1:
            total += (1 - p) * -math.log(p)
        else:
            q = max(p - 0.05, 0)
            total += q**2 * -math.log(1 - q)
    loss = losses['loss_intra_co_occurrence']
    assert loss.item() == pytest.approx(2.5 * total / len(logits), abs=1e-12)
    loss.backward()
    assert all(p.grad.isfinite().all() for p in transfer.network.parameters())


def test_co_occurrences_train_the_category_features():
    features, target = draw()
    features.requires_grad_()
    build().extra_losses(CategoryBatch(features, target))['loss_intra_co_occurrence'].backward()
    assert features.grad.any()


@pytest.mark.parametrize('target', [[1.0, 0, 1, 0], [-1, 0, -1, -1], [-1, -1, -1, -1]])
def test_no_unknown_label_and_no_positive(target):
    transfer = build(threshold=dict(type='FallingThreshold', start=0.0, floor=0.0))
    batch = CategoryBatch(draw()[0][:1], torch.tensor([target]).double())
    copy = transfer(batch)
    assert not copy.changed.any() and torch.equal(copy.target, batch.target)


def test_a_single_category_has_no_pairs():
    transfer = build(num_classes=1)
    batch = CategoryBatch(torch.randn(2, 1, CHANNELS).double(), torch.tensor([[1.0], [-1]]))
    assert not transfer(batch).changed.any()
    assert transfer.extra_losses(batch)['loss_intra_co_occurrence'] == 0


def test_a_learned_threshold_is_trained_on_the_known_labels():
    features, target = draw(values=(1, 0, 1))
    transfer = build(threshold=dict(type='LearnedThreshold', start=0.2))
    losses = transfer.extra_losses(CategoryBatch(features, target))
    expected = transfer.threshold.loss(scores(transfer.network, features, target), target)
    assert losses['loss_intra_threshold'].item() == pytest.approx(expected.item(), abs=1e-12)
    losses['loss_intra_threshold'].backward()
    assert transfer.threshold.value.grad != 0
    assert all(p.grad is None for p in transfer.network.parameters())


def test_the_threshold_falls_from_the_epoch_of_the_first_labels():
    transfer = build(begin=2)
    for iteration, active, value in ((0, False, 0.95), (20, True, 0.95), (35, True, 0.925)):
        transfer.advance(TrainingProgress(iteration, 10, 99))
        assert transfer.is_active == active
        assert transfer.scalars()['intra_threshold'].item() == pytest.approx(value)


def test_the_head_builds_the_network_and_trains_it_before_labels_are_added():
    head = DSRBHead(
        CATEGORIES,
        CHANNELS,
        8,
        complements=[
            dict(
                type='IntraImageTransfer',
                hidden_channels=3,
                threshold=dict(type='FallingThreshold', start=0.0, floor=0.0),
            )
        ],
    )
    head.graph.set_adjacency(torch.eye(CATEGORIES))
    features, target = draw()
    samples = [DataSample().set_gt_score(row.float()) for row in target]
    losses = head.loss((features.float(),), samples)
    assert {'loss_plain', 'loss_intra_co_occurrence'} == {k for k in losses if 'loss' in k}
    head.complements.intra.set_active(True)
    losses = head.loss((features.float(),), samples)
    assert losses['intra_changed'] > 0
    # The added term is the loss of the batch's own logits against known and added labels.
    batch = head.make_batch((features.float(),), samples)
    added = head.complements.intra(batch).target
    expected = head.loss_module(head((features.float(),)), added)
    assert losses['loss_intra'].item() == pytest.approx(expected.item(), rel=1e-5)


def test_parts_of_a_wrong_kind():
    with pytest.raises(TypeError, match='config of a TransferThreshold, but got a FeatureQueue'):
        IntraImageTransfer(threshold=dict(type='FeatureQueue'))
    with pytest.raises(ValueError, match='co_occurrence_weight to be 0 or more'):
        IntraImageTransfer(co_occurrence_weight=-1)


def test_float32_under_mixed_precision():
    network = CoOccurrenceNetwork(CATEGORIES, CHANNELS, 3)
    with torch.autocast('cpu', torch.bfloat16):
        assert network(torch.randn(2, CATEGORIES, CHANNELS).bfloat16()).dtype == torch.float32
