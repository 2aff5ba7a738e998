import copy
import multiprocessing

import pytest
import torch
from helpers.passes import batch_of, pass_over, show_labels
from helpers.two_processes import run_in_two_processes
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import draw_labels

from dsrb_mm.models import TrainingProgress
from dsrb_mm.models.complements import CurriculumLabels

IMAGES, CLASSES = 9, 4
SHARES = [[8, 0, 3], [1, 7, 6, 2], [4, 5]]


def draw_logits(seed):
    return 3 * torch.randn(IMAGES, CLASSES, generator=torch.Generator().manual_seed(seed))


def loops(labels, logits, threshold, proportion, positives_only):
    """Labels of a round: 1, 0, or -1 where none is added."""
    places = [
        (abs(logits[i, c].item()), i, c)
        for i in range(len(labels))
        for c in range(labels.shape[1])
        if labels[i, c] == -1
    ]
    candidates = [p for p in places if not positives_only or logits[p[1], p[2]] > 0]
    if proportion is None:
        chosen = [place for place in candidates if place[0] >= threshold]
    else:
        chosen = sorted(candidates, reverse=True)[: max(1, round(proportion * len(places)))]
    added = [[-1.0] * labels.shape[1] for _ in labels]
    for _, i, c in chosen:
        added[i][c] = float(logits[i, c] > 0)
    return torch.tensor(added)


@given(
    seed=st.integers(0, 10_000),
    settings=st.sampled_from(
        [(2, None), (0, None), (9, None), (2, 0.1), (2, 0.5), (2, 1.0), (2, 1e-6)]
    ),
    positives_only=st.booleans(),
    values=st.sampled_from([(1, 0, -1, -1), (-1,), (1, 0), (1, -1)]),
)
def test_rounds_agree_with_loops(seed, settings, positives_only, values):
    labels = draw_labels(IMAGES, CLASSES, seed, values)
    part = CurriculumLabels(*settings, positives_only=positives_only)
    show_labels(part, labels)
    for turn in range(3):
        logits = draw_logits(seed + turn)
        pass_over(part, labels, logits, SHARES)
        # Chosen anew: nothing of the round before is left.
        added = loops(labels, logits, *settings, positives_only)
        assert torch.equal(part.labels.values.float(), added)
        for rows in SHARES:
            batch = batch_of(labels, rows)
            changed = part(batch)
            expected = torch.where(labels == -1, added, labels)[rows]
            assert torch.equal(changed.target, expected)
            assert torch.equal(changed.changed, changed.target != batch.target)
            assert changed.features is batch.features


def test_a_round_of_known_labels_adds_none():
    labels = draw_labels(IMAGES, CLASSES, 0, (1, 0))
    part = CurriculumLabels(threshold=0)
    show_labels(part, labels)
    message = pass_over(part, labels, draw_logits(0), SHARES)
    assert message == 'curriculum: 0 present, 0 absent'


def test_infinite_and_undefined_logits_are_never_added():
    labels = -torch.ones(2, 3)
    part = CurriculumLabels(threshold=2)
    show_labels(part, labels)
    logits = torch.tensor([[torch.inf, -torch.inf, torch.nan], [5.0, -5.0, 0.0]])
    pass_over(part, labels, logits, [[0, 1]])
    assert part.labels.values.tolist() == [[-1, -1, -1], [1, 0, -1]]


def test_rounds_are_due_at_begin_and_every_interval():
    part = CurriculumLabels(begin=2, interval=1.5)
    due = [i for i in range(24) if part.pass_is_due(TrainingProgress(i, 4, 24))]
    assert due == [8, 14, 20]
    active = []
    for iteration in range(24):
        part.advance(TrainingProgress(iteration, 4, 24))
        active.append(part.is_active)
    assert active == [False] * 8 + [True] * 16


def test_a_checkpoint_keeps_the_labels_of_the_round():
    labels = draw_labels(IMAGES, CLASSES)
    part = CurriculumLabels(begin=0)
    show_labels(part, labels)
    pass_over(part, labels, draw_logits(0), SHARES)
    part.advance(TrainingProgress(0, 4, 24))
    resumed = CurriculumLabels(begin=0)
    resumed.load_state_dict(copy.deepcopy(part.state_dict()))
    show_labels(resumed, labels)
    assert resumed.is_active
    batch = batch_of(labels, [5, 1])
    assert torch.equal(resumed(batch).target, part(batch).target)
    assert (part(batch).target != batch.target).any()


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='needs fork')
@pytest.mark.parametrize('proportion', [None, 0.3])
def test_processes_choose_the_same_labels_from_all_images(tmp_path, proportion):
    labels, logits = draw_labels(IMAGES, CLASSES), draw_logits(0)

    def choose(rank):
        part = CurriculumLabels(proportion=proportion)
        show_labels(part, labels)
        pass_over(part, labels, logits, SHARES[:2] if rank == 0 else SHARES[2:])
        expected = loops(labels, logits, 2, proportion, False)
        assert torch.equal(part.labels.values.float(), expected)

    assert run_in_two_processes(choose, tmp_path) == []


def test_what_it_needs():
    part = CurriculumLabels()
    with pytest.raises(RuntimeError, match='index and the logits of every sample'):
        part.observe(batch_of(-torch.ones(2, 3), [0]))
    with pytest.raises(RuntimeError, match='MethodHook'):
        part(batch_of(-torch.ones(2, 3), [0]))


def test_wrong_settings():
    with pytest.raises(ValueError, match='expected threshold to be 0 or more'):
        CurriculumLabels(threshold=-1)
    with pytest.raises(ValueError, match=r'expected proportion to lie in \(0, 1\], but got 0'):
        CurriculumLabels(proportion=0)
    with pytest.raises(ValueError, match='expected interval'):
        CurriculumLabels(interval=0)
    with pytest.raises(TypeError, match='expected positives_only to be True or False'):
        CurriculumLabels(positives_only=1)
