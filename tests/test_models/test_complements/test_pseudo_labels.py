from dataclasses import replace

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import draw_labels

from dsrb_mm.models.complements import PseudoLabels
from dsrb_mm.models.complements.complement import CategoryBatch


def make_batch(seed=0, images=4, classes=5, second=False, values=(1, 0, -1, -1)):
    generator = torch.Generator().manual_seed(seed)
    draw = [torch.randn(images, classes, 2, generator=generator) for _ in range(2)]
    return CategoryBatch(
        features=draw[0],
        target=draw_labels(images, classes, seed, values),
        logits=2 * torch.randn(images, classes, generator=generator),
        second=draw[1] if second else None,
    )


def loops(batch, threshold):
    target = []
    for logits, labels in zip(batch.logits.tolist(), batch.target.tolist(), strict=True):
        row = []
        for logit, label in zip(logits, labels, strict=True):
            p = float(torch.tensor(logit).sigmoid())
            new = 1 if p >= threshold else 0 if 1 - p >= threshold else -1
            row.append(new if label == -1 else -1)
        target.append(row)
    return target


@given(st.integers(0, 10_000), st.sampled_from([0.5, 0.6, 0.9]), st.booleans())
def test_labels_agree_with_loops(seed, threshold, second):
    batch = make_batch(seed, second=second)
    copy = PseudoLabels(threshold, second_view=second)(batch)
    expected = loops(batch, threshold)
    assert copy.target.tolist() == expected
    assert copy.changed.tolist() == [[label >= 0 for label in row] for row in expected]
    assert copy.features is (batch.second if second else batch.features)
    assert torch.equal(copy.weight, copy.changed.float())


@given(st.integers(0, 10_000))
def test_known_labels_are_left_to_the_batch_itself(seed):
    batch = make_batch(seed)
    copy = PseudoLabels(0.6)(batch)
    assert bool((copy.target[batch.target >= 0] == -1).all())
    assert not copy.changed[batch.target >= 0].any()


def test_soft_labels_count_as_known():
    batch = replace(make_batch(), target=torch.full((4, 5), 0.3))
    assert bool((PseudoLabels()(batch).target == -1).all())


def test_weight():
    copy = PseudoLabels(weight=0.25)(make_batch())
    assert copy.changed.any() and torch.equal(copy.weight, 0.25 * copy.changed.float())


def test_a_missing_second_view():
    with pytest.raises(ValueError, match='second view of every image: use MultiView'):
        PseudoLabels(second_view=True)(make_batch())


def test_what_the_head_learns_about_it():
    one, two = PseudoLabels(), PseudoLabels(second_view=True)
    assert one.reads_logits and two.reads_logits
    assert (one.changes_features, two.changes_features) == (False, True)
    assert (one.needs_second_view, two.needs_second_view) == (False, True)


def test_wrong_settings():
    with pytest.raises(ValueError, match=r'expected threshold to lie in \[0.5, 1\], but got 0.4'):
        PseudoLabels(threshold=0.4)
    with pytest.raises(TypeError, match='expected second_view to be True or False'):
        PseudoLabels(second_view='yes')
    with pytest.raises(ValueError, match='expected weight to be 0 or more'):
        PseudoLabels(weight=-1)
