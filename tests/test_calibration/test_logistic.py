import numpy as np
import pytest
from scipy.optimize import minimize

from dsrb_mm.calibration import fit_scale_and_bias


def naive_loss(parameters, logits, labels, strength):
    """The penalised loss of the docstring, entry by entry."""
    temperature, shared, *own = parameters
    total = 0.5 * (np.log(temperature) ** 2 + shared**2)
    for c, d in enumerate(own):
        total += strength / 2 * d**2
        for z, y in zip(logits[:, c], labels[:, c], strict=True):
            if y >= 0:
                p = 1 / (1 + np.exp(-(z / temperature + shared + d)))
                total -= np.log(p if y == 1 else 1 - p)
    return total


def test_agrees_with_a_naive_minimum(held_out):
    logits, labels = held_out[0][:60], held_out[1][:60]
    start = [1.0, 0, 0, 0, 0, 0]
    found = minimize(naive_loss, start, (logits, labels, 2.0), 'Powell', options=dict(ftol=1e-10)).x
    temperature, bias = fit_scale_and_bias(logits, labels, strength=2.0)
    assert temperature == pytest.approx(found[0], abs=2e-3)
    np.testing.assert_allclose(bias, found[1] + found[2:], atol=3e-3)


def test_recovers_what_was_done_to_the_logits(held_out):
    temperature, bias = fit_scale_and_bias(*held_out, strength=0.1)
    assert temperature == pytest.approx(2, rel=0.25)
    np.testing.assert_allclose(bias[:2], [-0.5, 0.5], atol=0.35)


def test_unknown_labels_are_never_read(held_out):
    logits, labels = held_out
    other = np.where(labels == -1, -99.0, logits)
    assert fit_scale_and_bias(other, labels)[0] == fit_scale_and_bias(logits, labels)[0]


def test_few_labels_stay_with_the_shared_bias(held_out):
    logits, labels = held_out
    _, bias = fit_scale_and_bias(logits, labels, strength=1e9)
    assert np.ptp(bias) < 1e-6
    _, bias = fit_scale_and_bias(logits, labels)
    only_shared = fit_scale_and_bias(logits[:, :1], np.full((300, 1), -1))
    assert only_shared[0] == 1 and only_shared[1] == 0  # nothing known: nothing changes


@pytest.mark.parametrize('label', [0, 1])
def test_labels_of_one_kind_give_finite_numbers(label):
    temperature, bias = fit_scale_and_bias(np.full((4, 2), 30.0), np.full((4, 2), label))
    assert np.isfinite([temperature, *bias]).all() and temperature > 0


@pytest.mark.parametrize(
    ('logits', 'labels', 'message'),
    [
        (np.zeros((2, 3)), np.zeros((3, 2)), r'one shape \(N, C\)'),
        (np.full((1, 1), np.nan), np.zeros((1, 1)), 'finite'),
        (np.zeros((1, 1)), np.full((1, 1), 2), 'present'),
    ],
)
def test_wrong_input_is_named(logits, labels, message):
    with pytest.raises(ValueError, match=message):
        fit_scale_and_bias(logits, labels)
