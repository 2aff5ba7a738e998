import pytest
import torch
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from oracles.wiring import draw_labels

from dsrb_mm.models import PartialLabelLinearHead


def samples(labels):
    return [DataSample().set_gt_score(row) for row in labels]


def test_it_is_the_plain_head_of_mmpretrain():
    config = dict(num_classes=5, in_channels=7, loss=dict(type='PartialBCELoss'))
    ours = MODELS.build(dict(type='PartialLabelLinearHead', **config))
    theirs = MODELS.build(dict(type='MultiLabelLinearClsHead', **config))
    theirs.fc.load_state_dict(ours.fc.state_dict())
    features, labels = (torch.randn(4, 7),), draw_labels(4, 5)
    torch.testing.assert_close(ours(features), theirs(features))
    found, expected = (head.loss(features, samples(labels)) for head in (ours, theirs))
    torch.testing.assert_close(found['loss_plain'], expected['loss'])


def test_blending_logits_is_blending_features():
    head = PartialLabelLinearHead(
        1, 3, complements=[dict(type='InstanceBlending', alpha=0.25, begin=0)]
    )
    head.complements['iprb'].set_active(True)
    pooled = torch.randn(2, 3)
    losses = head.loss((pooled,), samples(torch.tensor([[-1.0], [1]])))
    mixed = 0.25 * pooled[0] + 0.75 * pooled[1]
    logits = torch.stack([head.fc(mixed), head.fc(pooled[1])]).flatten()
    expected = torch.nn.functional.binary_cross_entropy_with_logits(
        logits, torch.tensor([0.75, 1.0])
    )
    torch.testing.assert_close(losses['loss_iprb'], expected)
    assert losses['iprb_changed'] == 0.5


def test_scores_have_full_precision_under_autocast():
    head = PartialLabelLinearHead(1, 64)
    pooled = torch.randn(4000, 64)
    with torch.autocast('cpu', torch.bfloat16):
        logits = head((pooled.bfloat16(),))
    assert logits.dtype == torch.float32
    assert logits.unique().numel() > 3500


def test_dropout_in_training_only():
    head = PartialLabelLinearHead(3, 50, dropout=0.5)
    pooled = (torch.randn(2, 50),)
    assert not torch.equal(head(pooled), head(pooled))
    head.eval()
    assert torch.equal(head(pooled), head(pooled))


def test_a_map_is_refused():
    with pytest.raises(ValueError, match=r'got shape \(1, 3, 2, 2\): .*GlobalAveragePooling'):
        PartialLabelLinearHead(2, 3)((torch.randn(1, 3, 2, 2),))


def test_blending_that_needs_a_map_is_refused():
    head = PartialLabelLinearHead(2, 3, complements=[dict(type='PrototypeBlending')])
    with pytest.raises(ValueError, match='needs the quadrant .* the head gives none'):
        batch = head.make_batch((torch.randn(1, 3),), samples(torch.ones(1, 2)))
        head.complements['pprb'].observe(batch)


@pytest.mark.parametrize('dropout', [-0.1, 1.5])
def test_bad_dropout(dropout):
    with pytest.raises(ValueError, match='dropout'):
        PartialLabelLinearHead(2, 3, dropout=dropout)
