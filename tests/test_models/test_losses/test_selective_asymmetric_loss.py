import copy
import multiprocessing

import numpy as np
import pytest
import torch
from helpers.losses import (
    CASES,
    LOGITS,
    TARGET,
    absent_cost,
    check_finite_at_extremes,
    check_float32_under_autocast,
    check_loops,
    known_absent_gradients,
    present_cost,
    sigmoid,
)
from helpers.two_processes import run_in_two_processes
from hypothesis import given
from hypothesis import strategies as st

from dsrb_mm.models.losses import SelectiveAsymmetricLoss


def loops(gammas, top_k, threshold, prior, reduction='mean'):
    """Unknown entries are absent, save those of likely categories and those that score highest."""

    def total(x, y, w):
        scores = [
            (sigmoid(x[b][c]).item(), b, c)
            for b in range(len(x))
            for c in range(len(x[0]))
            if y[b][c] == -1
        ]
        ignored = {place[1:] for place in sorted(scores, reverse=True)[: top_k * len(x)]}
        result, number = 0.0, 0
        for b in range(len(x)):
            for c in range(len(x[0])):
                a, label, weight = x[b][c], y[b][c], w[b][c]
                if label == -1 and threshold is not None and prior[c] > threshold:
                    continue
                if label == -1 and (b, c) in ignored:
                    continue
                present_gamma, absent_gamma, unknown_gamma = gammas
                if label == -1:
                    label, absent_gamma = 0.0, unknown_gamma
                p = sigmoid(a)
                present = (1 - p.detach()) ** present_gamma * present_cost(a)
                absent = p.detach() ** absent_gamma * absent_cost(a)
                result = result + weight * (label * present + (1 - label) * absent)
                number += 1
        return result if reduction == 'sum' else result / max(1, number)

    return total


@pytest.mark.parametrize('name', CASES)
@pytest.mark.parametrize('gammas', [(0, 1, 4), (1, 3, 2)])
@pytest.mark.parametrize('top_k', [0, 1, 5])
@pytest.mark.parametrize('threshold', [None, 0.4])
def test_value_and_gradients_agree_with_loops(name, gammas, top_k, threshold):
    prior = [0.1, 0.5, 0.4, 0.9] if CASES[name].get('classes') is None else [0.7]
    for seed, reduction in ((0, 'mean'), (1, 'sum')):
        loss = SelectiveAsymmetricLoss(
            *gammas, top_k=top_k, prior_threshold=threshold, prior=prior, reduction=reduction
        )
        # The priors are kept in float32; 0.4 must not count as above 0.4.
        check_loops(loss, loops(gammas, top_k, threshold, prior, reduction), name, seed)


def test_the_clip():
    clipped = SelectiveAsymmetricLoss(0, 0, 0, clip=0.2, top_k=0, prior_threshold=None)
    low = torch.tensor([[-3.0]], requires_grad=True)  # probability 0.05
    clipped(low, torch.zeros(1, 1)).backward()
    assert not low.grad.any()


def test_reference_values():
    plain = SelectiveAsymmetricLoss(top_k=0, prior_threshold=None, reduction='sum')
    assert plain(LOGITS, TARGET) == pytest.approx(1.142354, abs=1e-4)
    selective = SelectiveAsymmetricLoss(top_k=1, prior_threshold=None, reduction='sum')
    assert selective(LOGITS, TARGET) == pytest.approx(0.235939, abs=1e-4)


def test_the_prior_is_the_mean_probability_over_all_training_images():
    loss = SelectiveAsymmetricLoss(top_k=0, prior_threshold=0.5)
    seen = []
    for seed, size in enumerate((4, 4, 1)):
        logits = torch.randn(size, 3, generator=torch.Generator().manual_seed(seed)) - 1
        seen.append(logits.sigmoid())
        loss(logits, torch.full((size, 3), -1.0))
        torch.testing.assert_close(loss.prior, torch.cat(seen).mean(0))
    state = copy.deepcopy(loss.state_dict())
    loss.eval()
    loss(torch.full((2, 3), 9.0), -torch.ones(2, 3))
    assert torch.equal(loss.prior, state['prior'])

    resumed = SelectiveAsymmetricLoss(top_k=0, prior_threshold=0.5)
    resumed.load_state_dict(state)
    resumed.see_labels(np.array([[1, 0, -1]]))
    assert torch.equal(resumed.prior, state['prior'])
    logits = torch.randn(3, 3)
    resumed(logits, -torch.ones(3, 3))
    torch.testing.assert_close(resumed.prior, torch.cat([*seen, logits.sigmoid()]).mean(0))
    resumed.forget()
    assert resumed.prior.numel() == resumed.num_seen == 0


def test_estimated_priors_ignore_whole_categories():
    loss = SelectiveAsymmetricLoss(0, 1, 0, top_k=0, prior_threshold=0.5, reduction='sum')
    logits = torch.tensor([[4.0, -4.0], [2.0, -2.0]], requires_grad=True)
    loss(logits, -torch.ones(2, 2)).backward()
    assert bool((logits.grad[:, 0] == 0).all())
    assert bool((logits.grad[:, 1] > 0).all())


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='needs fork')
def test_all_processes_have_the_prior_of_all_images(tmp_path):
    logits = torch.randn(5, 3)

    def estimate(rank):
        loss = SelectiveAsymmetricLoss(top_k=0, prior_threshold=0.5)
        own = logits[:2] if rank == 0 else logits[2:]
        loss(own, -torch.ones_like(own))
        torch.testing.assert_close(loss.prior, logits.sigmoid().mean(0))

    assert run_in_two_processes(estimate, tmp_path) == []


@given(st.integers(0, 10_000), st.integers(0, 9))
def test_known_absent_labels_are_never_ignored(seed, top_k):
    loss = SelectiveAsymmetricLoss(top_k=top_k, prior_threshold=0.0, prior=[1.0] * 4)
    assert bool((known_absent_gradients(loss, seed) > 0).all())


def test_extreme_logits_and_mixed_precision():
    check_finite_at_extremes(SelectiveAsymmetricLoss())
    check_finite_at_extremes(SelectiveAsymmetricLoss(clip=0.05, top_k=0))
    check_float32_under_autocast(SelectiveAsymmetricLoss())


def test_labels_that_do_not_fit():
    labels = np.array([[1, -1, 0]])
    with pytest.raises(ValueError, match='expected prior to hold 3 numbers.* but got 2'):
        SelectiveAsymmetricLoss(prior=[0.1, 0.2]).see_labels(labels)
    with pytest.raises(ValueError, match='expected prior to lie in'):
        SelectiveAsymmetricLoss(prior=[0.1, 1.2])
    # Without a known absent label every prediction grows, and so does the estimate of the prior.
    with pytest.raises(ValueError, match='known to be absent'):
        SelectiveAsymmetricLoss().see_labels(labels - (labels == 0))
    SelectiveAsymmetricLoss(prior=[0.1, 0.2, 0.3]).see_labels(labels - (labels == 0))
    SelectiveAsymmetricLoss(prior_threshold=None).see_labels(labels - (labels == 0))


def test_the_priors_of_the_config_count_whatever_a_checkpoint_brings():
    loss = SelectiveAsymmetricLoss(prior=[0.25, 0.5])
    loss.load_state_dict(SelectiveAsymmetricLoss(prior=[0.75, 0.75]).state_dict())
    loss.see_labels(np.array([[1, 0]], np.int8))
    assert loss.prior.tolist() == [0.25, 0.5]
