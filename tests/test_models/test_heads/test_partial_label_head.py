"""What every head inherits, on a toy head whose classifier is a linear layer."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample
from torch import nn
from torch.nn import functional as F

from dsrb_mm.models import CategoryBatch, Complement, PartialLabelHead, PartialLabelLoss

B, C, D = 4, 3, 2


class ToyHead(PartialLabelHead):
    """Counts the images that it classifies."""

    def __init__(self, **kwargs):
        super().__init__(C, category_channels=D, **kwargs)
        self.fc = nn.Linear(D, 1)
        self.bias = nn.Parameter(torch.zeros(C))
        self.classified = []

    def category_features(self, feats):
        return feats[-1]

    def classify(self, features):
        self.classified.append(len(features))
        return self.fc(features).squeeze(-1) + self.bias

    def category_bias(self):
        return self.bias


class AddOne(Complement):
    """Adds 1 to all features and remembers what it was given."""

    name = 'one'

    def forward(self, batch):
        self.seen = batch
        return replace(batch, features=batch.features + 1, changed=batch.target == -1)


class AssumeAbsent(Complement):
    """The example in the docstring of Complement."""

    name, adds_loss, changes_features = 'absent', False, False

    def forward(self, batch):
        self.seen = batch
        unknown = batch.target == -1
        return replace(batch, target=batch.target.masked_fill(unknown, 0), changed=unknown)


class Relabel(AssumeAbsent):
    """Gives the copy other targets, but no other features."""

    name, adds_loss = 'relabel', True


class Replace(AddOne):
    name, adds_loss = 'replace', False


class ReadLogits(AddOne):
    name, reads_logits = 'logits', True


class ReadLocation(AddOne):
    name, reads_location = 'location', True


class Nothing(Complement):
    name = 'nothing'

    def forward(self, batch):
        return None


class Recorder(PartialLabelLoss):
    """The mean of all logits; remembers its arguments."""

    reads_unknown = True

    def __init__(self):
        super().__init__()
        self.calls = []

    def compute(self, logits, target, weight, indices):
        self.calls.append((logits, target, weight, indices))
        return logits.mean()


def build(*complements, active=True, **kwargs):
    head = ToyHead(complements=[dict(type=c) if isinstance(c, type) else c for c in complements],
                   loss=dict(type=Recorder), **kwargs)  # fmt: skip
    for part in head.complements.values():
        part.set_active(active)
    return head


TARGET = torch.tensor([[1.0, 0, -1], [-1, -1, 1], [0, 0, 0], [-1, 1, 1]])


def step(head, features=None, target=TARGET, feats=None, **fields):
    features = torch.randn(B, C, D) if features is None else features
    samples = [DataSample(metainfo=fields).set_gt_score(row) for row in target]
    return features, head.loss((features,) if feats is None else feats, samples)


def logits_of(head, features):
    return torch.stack([head.fc(one).squeeze(-1) + head.bias for one in features])


def test_without_complements_there_is_one_loss():
    head = build()
    features, losses = step(head)
    assert set(losses) == {'loss_plain'}
    torch.testing.assert_close(losses['loss_plain'], logits_of(head, features).mean())
    assert torch.equal(head.loss_module.calls[0][1], TARGET)
    torch.testing.assert_close(head((features,)), logits_of(head, features))
    assert torch.equal(head.pre_logits((features,)), features)


def test_each_active_complement_gets_the_batch_and_a_loss_of_its_own():
    head = build(AddOne, dict(type=AddOne, name='two'), Nothing)
    head.complements['two'].set_active(False)
    features, losses = step(head)
    assert set(losses) == {'loss_plain', 'loss_one', 'one_changed'}
    torch.testing.assert_close(losses['loss_one'], logits_of(head, features + 1).mean())
    assert losses['one_changed'].item() == pytest.approx(4 / 4)
    head.complements['two'].set_active(True)
    _, losses = step(head, features)
    assert {'loss_one', 'loss_two'} <= set(losses)
    assert torch.equal(head.complements['two'].seen.features, features)


def test_one_that_adds_no_loss_replaces_the_batch_for_those_after_it():
    head = build(AssumeAbsent, Relabel, AddOne)
    features, losses = step(head)
    assert set(losses) == {
        'loss_plain', 'loss_relabel', 'loss_one',
        'absent_changed', 'relabel_changed', 'one_changed',
    }  # fmt: skip
    filled = TARGET.clamp(min=0)
    for part in (head.complements['relabel'], head.complements['one']):
        assert torch.equal(part.seen.target, filled)
    assert all(torch.equal(target, filled) for _, target, _, _ in head.loss_module.calls)


def test_copies_are_made_of_the_final_batch_whatever_the_order():
    head = build(AddOne, Replace)
    features, losses = step(head)
    torch.testing.assert_close(losses['loss_plain'], logits_of(head, features + 1).mean())
    torch.testing.assert_close(losses['loss_one'], logits_of(head, features + 2).mean())


def test_logits_are_given_to_those_who_read_them_without_gradient():
    head = build(AddOne, ReadLogits)
    features, _ = step(head)
    seen = head.complements['logits'].seen.logits
    torch.testing.assert_close(seen, logits_of(head, features))
    assert not seen.requires_grad
    quiet = build(AddOne)
    step(quiet)
    assert quiet.complements['one'].seen.logits is None
    assert quiet.classified == [2 * B]


def test_copies_with_the_features_of_the_batch_share_its_logits():
    head = build(Relabel, AddOne)
    features, losses = step(head)
    assert head.classified == [2 * B]
    plain, relabelled, changed = (call[0] for call in head.loss_module.calls)
    assert torch.equal(plain, relabelled)
    torch.testing.assert_close(changed, logits_of(head, features + 1))
    torch.testing.assert_close(losses['loss_relabel'], losses['loss_plain'])


def test_locations_come_from_the_neck_where_a_part_reads_them():
    class Feats(tuple):
        quadrant = torch.randint(4, (B, C))

    features = torch.randn(B, C, D)
    for kind, expected in ((ReadLocation, Feats.quadrant), (AddOne, None)):
        head = build(kind)
        step(head, features, feats=Feats((features,)))
        (part,) = head.complements.values()
        seen = part.seen.location
        assert seen is None if expected is None else torch.equal(seen, expected)
    assert build().locations((features,)) is None


def test_indices_of_the_samples_reach_complements_and_loss():
    head = build(AddOne)
    samples = [
        DataSample(metainfo=dict(sample_idx=10 + i)).set_gt_score(row)
        for i, row in enumerate(TARGET)
    ]
    head.loss((torch.randn(B, C, D),), samples)
    expected = [10, 11, 12, 13]
    assert head.complements['one'].seen.indices.tolist() == expected
    assert [call[3].tolist() for call in head.loss_module.calls] == [expected, expected]
    step(head)
    assert head.loss_module.calls[-1][3] is None


def test_weights_of_a_copy_reach_its_loss_alone():
    class Weigh(AddOne):
        def forward(self, batch):
            return replace(super().forward(batch), weight=torch.full((B, C), 0.5))

    head = build(Weigh)
    step(head)
    (_, _, plain, _), (_, _, weighed, _) = head.loss_module.calls
    assert plain is None
    assert torch.equal(weighed, torch.full((B, C), 0.5))


def test_known_labels_that_a_copy_leaves_out_are_not_ranked_with_the_unknown_ones():
    head = build(dict(type='PseudoLabels', threshold=0.999))
    step(head)
    target, weight = head.loss_module.calls[1][1:3]
    assert torch.equal(target, TARGET)  # nothing is that sure
    assert not weight.any()


def test_extra_losses_and_scalars():
    class Learns(AddOne):
        def extra_losses(self, batch):
            return {'loss_gap': batch.features.sum()}

        def scalars(self):
            return {'share': torch.tensor(0.25)}

    head = build(Learns, dict(type=Learns, name='more'), active=False)
    features, losses = step(head)
    # Layers of a complement learn before it is used.
    assert set(losses) == {'loss_plain', 'loss_gap'}
    for part in head.complements.values():
        part.set_active(True)
    features, losses = step(head)
    assert losses['loss_gap'] == features.sum()
    # The second complement of a kind says whose scalar it is.
    assert losses['share'] == losses['more_share'] == 0.25


def test_auxiliary_losses_get_the_features_of_the_batch():
    class Mean(nn.Module):
        def forward(self, features, target):
            self.seen = features, target
            return features.mean()

    head = build(Replace, AddOne, aux_losses=[dict(type=Mean)])
    features, losses = step(head)
    assert torch.equal(losses['loss_Mean'], (features + 1).mean())
    assert torch.equal(head.aux_losses['Mean'].seen[1], TARGET)


class Aux(nn.Module):
    name = 'one'


@pytest.mark.parametrize(
    ('kwargs', 'error', 'message'),
    [
        (dict(complements=[dict(type=AddOne)] * 2), ValueError, "the name 'one' is taken"),
        (
            dict(complements=[dict(type=AddOne, name='plain')]),
            ValueError,
            "the name 'plain' is taken",
        ),
        (
            dict(complements=[dict(type=AddOne)], aux_losses=[dict(type=Aux)]),
            ValueError,
            "aux_losses: the name 'one' is taken",
        ),
        (dict(complements=[dict(type=AddOne, name='a.b')]), ValueError, "'a.b' cannot be a name"),
        (dict(complements=[dict(type=AddOne, name='keys')]), ValueError, "'keys' cannot be a"),
        (dict(complements=[dict(type=AddOne, name=3)]), TypeError, 'name'),
        (
            dict(complements=[dict(type=Aux)]),
            TypeError,
            'complements to be the config of a Complement, but got a Aux',
        ),
        (dict(complements=dict(type=AddOne)), TypeError, 'complements to be a list of configs'),
        (dict(aux_losses=[dict(type='NoSuchLoss')]), ValueError, 'aux_losses to .*NoSuchLoss'),
        (dict(loss=dict(type='CrossEntropyLoss')), TypeError, 'Use PartialBCELoss'),
        (dict(loss='PartialBCELoss'), TypeError, 'expected loss to be a config'),
        (dict(bias_init='zero'), ValueError, 'bias_init'),
        (dict(thr=2), ValueError, 'thr'),
        (dict(topk=4), ValueError, 'topk'),
        (dict(diagnostics=1), TypeError, 'diagnostics'),
    ],
)
def test_wrong_arguments(kwargs, error, message):
    with pytest.raises(error, match=message):
        ToyHead(**kwargs)


def test_the_loss_is_partial_bce_by_default():
    assert type(ToyHead().loss_module).__name__ == 'PartialBCELoss'


def test_a_batch_says_what_it_lacks():
    batch = CategoryBatch(torch.zeros(1, C, D), torch.zeros(1, C))
    fields = ('indices', 'location', 'logits', 'second', 'changed', 'weight')
    assert all(getattr(batch, name) is None for name in fields)


def test_observed_batches_have_logits():
    head = build(AddOne)
    features = torch.randn(B, C, D)
    samples = [DataSample().set_gt_score(row) for row in TARGET]
    batch = head.observed_batch((features,), samples)
    torch.testing.assert_close(batch.logits, logits_of(head, features))
    assert torch.equal(batch.target, TARGET) and torch.equal(batch.features, features)


class DropKnown(Complement):
    """A copy that knows nothing but what it adds."""

    name = 'drop'

    def forward(self, batch):
        unknown = batch.target == -1
        target = torch.where(unknown, 1.0, -1.0)
        return replace(batch, target=target, features=batch.features + 1, changed=unknown)


def test_a_copy_does_not_judge_known_labels_that_it_leaves_out():
    head = ToyHead(loss=dict(type='AssumeNegativeLoss'), complements=[dict(type=DropKnown)])
    head.complements['drop'].set_active(True)
    features, losses = step(head)
    logits = logits_of(head, features + 1)
    expected = F.softplus(-logits)[TARGET == -1].sum() / TARGET.numel()
    torch.testing.assert_close(losses['loss_drop'], expected)


def test_a_loss_does_not_count_a_copy_as_further_images():
    loss = dict(type='SelectiveAsymmetricLoss')
    head = ToyHead(loss=loss, complements=[dict(type=AddOne)])
    head.complements['one'].set_active(True)
    head.see_labels(TARGET.numpy().astype(np.int8))
    head.loss_module.see_labels(TARGET.numpy().astype(np.int8))
    step(head)
    assert head.loss_module.num_seen == B
    assert head.loss_module.training
