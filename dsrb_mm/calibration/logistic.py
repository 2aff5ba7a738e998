"""Temperature and bias by penalised logistic regression on known labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray
from scipy.special import expit

from dsrb_mm.calibration.labels import check_held_out

STRENGTH = 5.0  # measured: docs/thresholds.md
_SCALES = (1e-2, 1e2)


def fit_scale_and_bias(
    logits: ArrayLike, labels: ArrayLike, strength: float = STRENGTH
) -> tuple[float, NDArray[np.float64]]:
    r"""Temperature T of all categories and bias b_c of each.

    With :math:`s_{ic} = z_{ic} / T + b_0 + d_c`, they minimise over the known labels

    .. math::
        \sum_{known} \mathrm{BCE}(\sigma(s_{ic}), y_{ic})
        + \frac{\lambda}{2} \sum_c d_c^2 + \frac{1}{2} (\log^2 T + b_0^2)

    and :math:`b_c = b_0 + d_c`. A category with few known labels keeps to the shared bias, since
    the penalty outweighs them; without known labels it has exactly that. Temperature scaling alone
    (Guo et al., 2017) leaves the rate at which a category is predicted where it was, and that is
    what is wrong with models trained on few labels.

    Args:
        logits: Of held-out images.
        labels: 1 present, 0 absent, -1 unknown, which is never read.
        strength: :math:`\lambda`, the precision of the prior on a category's own bias.

    Shape:
        (N, C), (N, C) -> (), (C,).

    Raises:
        ValueError: Wrong shapes or values.
    """
    z, y = check_held_out(logits, labels)
    known = y >= 0
    present = y == 1
    penalty = np.concatenate([[1.0, 1.0], np.full(z.shape[1], strength)])

    def loss(parameters: NDArray) -> tuple[float, NDArray]:
        scaled = z * np.exp(parameters[0])
        s = scaled + parameters[1] + parameters[2:]
        value = np.logaddexp(0, np.where(present, -s, s))[known].sum()
        error = np.where(known, expit(s) - present, 0)
        per_class = error.sum(0)
        gradient = np.concatenate([[(error * scaled).sum(), per_class.sum()], per_class])
        return (
            value + (penalty * parameters**2).sum() / 2,
            gradient + penalty * parameters,
        )

    # Slow to import, and only fitting needs it.
    from scipy.optimize import minimize

    start = np.zeros(z.shape[1] + 2)
    bounds = [tuple(np.log(_SCALES)), *[(None, None)] * (len(start) - 1)]
    found = minimize(loss, start, jac=True, method='L-BFGS-B', bounds=bounds).x
    return float(np.exp(-found[0])), found[1] + found[2:]
