import copy
import multiprocessing
from dataclasses import replace

import pytest
import torch
from helpers.passes import batch_of, pass_over, show_labels
from helpers.two_processes import run_in_two_processes
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import draw_labels

from dsrb_mm.models import TrainingProgress
from dsrb_mm.models.complements import AsymmetricPseudoLabels

IMAGES, CLASSES = 12, 3
SHARES = [[8, 0, 3, 11], [1, 7, 6, 2, 9], [4, 5, 10]]


def draw_logits(seed):
    return 2 * torch.randn(IMAGES, CLASSES, generator=torch.Generator().manual_seed(seed)) - 1


def loops(given_labels, labels, logits, share):
    """Soft labels after a round: those given, and the lowest scores up to a share."""
    result = [row.copy() for row in given_labels]
    for c in range(labels.shape[1]):
        unknown = [i for i in range(len(labels)) if labels[i, c] == -1]
        number = round(share * len(unknown)) - sum(row[c] >= 0 for row in result)
        rest = [i for i in unknown if result[i][c] == -1]
        rest.sort(key=lambda i: logits[i, c].item())
        for i in rest[: max(0, number)]:
            result[i][c] = logits[i, c].sigmoid().half().item()
    return result


def at(epoch, epochs):
    return TrainingProgress(4 * epoch, 4, 4 * epochs)


@given(
    seed=st.integers(0, 10_000),
    proportion=st.sampled_from([0, 0.3, 0.9, 1]),
    begin=st.integers(0, 3),
    values=st.sampled_from([(1, -1, -1), (-1,), (1, 0, -1), (1, 0)]),
)
def test_rounds_agree_with_loops(seed, proportion, begin, values):
    labels, epochs = draw_labels(IMAGES, CLASSES, seed, values), 5
    part = AsymmetricPseudoLabels(0.02, proportion, begin)
    show_labels(part, labels)
    expected = [[-1.0] * CLASSES for _ in range(IMAGES)]
    for epoch in range(epochs):
        assert part.pass_is_due(at(epoch, epochs)) == (epoch >= begin)
        if epoch < begin:
            continue
        logits = draw_logits(seed + epoch)
        pass_over(part, labels, logits, SHARES, at(epoch, epochs))
        share = proportion * ((epoch - begin + 1) / (epochs - begin))
        expected = loops(expected, labels, logits, share)
        assert part.labels.values.tolist() == expected


def test_labels_stay_what_they_were_and_reach_their_share_at_the_end():
    labels, epochs = -torch.ones(IMAGES, CLASSES), 6
    part = AsymmetricPseudoLabels(negative_proportion=0.5, begin=3)
    show_labels(part, labels)
    before = part.labels.values.clone()
    for epoch in range(3, epochs):
        pass_over(part, labels, draw_logits(epoch), SHARES, at(epoch, epochs))
        now = part.labels.values.clone()
        assert torch.equal(now[before >= 0], before[before >= 0])
        before = now
    assert (before >= 0).sum(0).tolist() == [6, 6, 6]


def test_few_unknown_labels_get_their_share_too():
    labels, epochs = -torch.ones(2, 1), 10
    part = AsymmetricPseudoLabels(negative_proportion=0.9, begin=0)
    show_labels(part, labels)
    for epoch in range(epochs):
        pass_over(part, labels, torch.tensor([[0.0], [1.0]]), [[0, 1]], at(epoch, epochs))
    assert bool((part.labels.values >= 0).all())


def test_soft_labels_count_with_weight_beta():
    labels = draw_labels(IMAGES, CLASSES)
    part = AsymmetricPseudoLabels(beta=0.25, negative_proportion=1, begin=0)
    show_labels(part, labels)
    pass_over(part, labels, draw_logits(0), SHARES, at(0, 2))
    added = part.labels.values.float()
    batch = batch_of(labels, SHARES[0])
    weight = torch.rand(4, CLASSES)
    for given_weight in (None, weight):
        result = part(replace(batch, weight=given_weight))
        soft = (labels == -1)[SHARES[0]] & (added >= 0)[SHARES[0]]
        assert soft.any() and torch.equal(result.changed, soft)
        assert torch.equal(result.target, torch.where(soft, added[SHARES[0]], batch.target))
        plain = torch.ones(4, CLASSES) if given_weight is None else weight
        assert torch.equal(result.weight, torch.where(soft, 0.25 * plain, plain))


@given(st.integers(0, 10_000))
def test_known_labels_never_change(seed):
    labels = draw_labels(IMAGES, CLASSES, seed)
    part = AsymmetricPseudoLabels(negative_proportion=1, begin=0)
    show_labels(part, labels)
    pass_over(part, labels, draw_logits(seed), SHARES, at(0, 1))
    result = part(batch_of(labels, range(IMAGES)))
    known = labels >= 0
    assert torch.equal(result.target[known], labels[known])
    assert bool((result.weight[known] == 1).all())


def test_a_checkpoint_keeps_the_labels():
    labels = draw_labels(IMAGES, CLASSES)
    part = AsymmetricPseudoLabels(begin=0)
    show_labels(part, labels)
    pass_over(part, labels, draw_logits(0), SHARES, at(0, 2))
    resumed = AsymmetricPseudoLabels(begin=0)
    resumed.load_state_dict(copy.deepcopy(part.state_dict()))
    show_labels(resumed, labels)
    for one in (part, resumed):
        pass_over(one, labels, draw_logits(1), SHARES, at(1, 2))
    assert torch.equal(resumed.labels.values, part.labels.values)


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='needs fork')
def test_processes_choose_the_same_labels_from_all_images(tmp_path):
    labels, logits = draw_labels(IMAGES, CLASSES), draw_logits(0)

    def choose(rank):
        part = AsymmetricPseudoLabels(negative_proportion=0.5, begin=0)
        show_labels(part, labels)
        pass_over(part, labels, logits, SHARES[:2] if rank == 0 else SHARES[2:], at(0, 1))
        expected = loops([[-1.0] * CLASSES for _ in range(IMAGES)], labels, logits, 0.5)
        assert part.labels.values.tolist() == expected

    assert run_in_two_processes(choose, tmp_path) == []


def test_what_it_needs():
    part = AsymmetricPseudoLabels()
    with pytest.raises(RuntimeError, match='index and the logits of every sample'):
        part.observe(batch_of(-torch.ones(2, 3), [0]))


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected beta to be 0 or more'):
        AsymmetricPseudoLabels(beta=-1)
    with pytest.raises(ValueError, match=r'expected negative_proportion to lie in \[0, 1\]'):
        AsymmetricPseudoLabels(negative_proportion=1.5)
