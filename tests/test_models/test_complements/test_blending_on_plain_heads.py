"""Blending with heads that have no graph: features per category are all it needs."""

import pytest
import torch
from helpers.passes import START
from mmpretrain.structures import DataSample
from oracles.wiring import draw_labels, maximum_deviation

from dsrb_mm.models import PartialLabelLinearHead, SaliencyHead
from dsrb_mm.models.complements import CategoryBatch

CATEGORIES, CHANNELS, BATCH = 4, 6, 5
ALPHA = 0.3


def build(kind, *complements):
    """A head whose bias is not 0, and its input."""
    torch.manual_seed(1)
    head = kind(CATEGORIES, CHANNELS, complements=complements)
    head.category_bias().data.normal_()
    for complement in head.complements.values():
        complement.set_active(True)
    shape = (BATCH, CHANNELS) if kind is PartialLabelLinearHead else (BATCH, CHANNELS, 4, 6)
    return head, (torch.randn(shape),)


def samples(target):
    return [DataSample().set_gt_score(row) for row in target]


HEADS = pytest.mark.parametrize('kind', [PartialLabelLinearHead, SaliencyHead])


@HEADS
def test_blending_features_is_blending_logits(kind):
    head, feats = build(kind, dict(type='InstanceBlending', alpha=ALPHA))
    target = draw_labels(BATCH, CATEGORIES)
    copy = head.complements.iprb(head.make_batch(feats, samples(target)))
    logits, blended = head(feats), head.classify(copy.features)
    assert copy.changed.any()
    for n in range(BATCH):
        for c in range(CATEGORIES):
            expected = logits[n, c]
            if target[n, c] == -1 and target[BATCH - 1 - n, c] == 1:
                expected = ALPHA * expected + (1 - ALPHA) * logits[BATCH - 1 - n, c]
            assert blended[n, c].item() == pytest.approx(expected.item(), abs=1e-6)


@HEADS
def test_blending_adds_its_loss(kind):
    head, feats = build(kind, dict(type='InstanceBlending', alpha=ALPHA))
    target = draw_labels(BATCH, CATEGORIES)
    losses = head.loss(feats, samples(target))
    copy = head.complements.iprb(head.make_batch(feats, samples(target)))
    expected = head.loss_module(head.classify(copy.features), copy.target)
    assert losses['loss_iprb'].item() == pytest.approx(expected.item(), abs=1e-6)
    losses['loss_iprb'].backward()
    assert head.complements.iprb.blending_weight.value.grad != 0


def test_prototypes_of_saliency_maps_are_means_by_the_quadrant_of_the_peak():
    head, feats = build(SaliencyHead, dict(type='PrototypeBlending', beta=ALPHA))
    blending = head.complements.pprb
    target = draw_labels(BATCH, CATEGORIES, values=(1, 1, 0, -1))
    blending.start_pass(START)
    blending.observe(head.observed_batch(feats, samples(target)))
    blending.finish_pass()

    maps = head.maps(feats)[:, :, 0].detach()
    for c in range(CATEGORIES):
        members = {q: [] for q in range(4)}
        for n in range(BATCH):
            if target[n, c] == 1:
                row, column = divmod(int(maps[n, c].argmax()), 6)
                top = maps[n, c].flatten().sort(descending=True).values[:5].mean()
                members[2 * (row >= 2) + (column >= 3)].append((maps[n, c].mean(), top))
        everything = [pair for pairs in members.values() for pair in pairs]
        assert blending.bank.counts[c].tolist() == [len(members[q]) for q in range(4)]
        for q in range(4):
            pairs = members[q] or everything
            if pairs:
                expected = torch.tensor(pairs).mean(0)
                assert maximum_deviation(blending.bank.prototypes[c, q], expected) < 1e-5

    unknown = torch.full((BATCH, CATEGORIES), -1.0)
    losses = head.loss(feats, samples(unknown))
    assert losses['pprb_changed'] == 1 and losses['loss_pprb'].isfinite()


def test_a_head_without_maps_cannot_have_prototypes_of_quadrants():
    head, feats = build(PartialLabelLinearHead, dict(type='PrototypeBlending'))
    batch = head.make_batch(feats, samples(draw_labels(BATCH, CATEGORIES)))
    assert isinstance(batch, CategoryBatch) and batch.location is None
    head.complements.pprb.start_pass(START)
    with pytest.raises(ValueError, match='the head gives none: use a head with maps'):
        head.complements.pprb.observe(batch)
