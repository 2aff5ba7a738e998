"""The learnable scalar with which a representation is blended."""

from __future__ import annotations

import torch
from torch import Tensor, nn

from dsrb_mm.arguments import check_flag, check_number


class BlendingWeight(nn.Module):
    """A scalar in [0, 1]: the paper's alpha (IPRB) or beta (PPRB).

    Clamped in place before use, as the published implementation does: clamping the value instead
    would stop its gradient at the border and the scalar could never come back.

    Args:
        init: Start value in [0, 1].
        learnable: Whether training changes it. A learning rate far above the published 1e-5 can
            drive it to 1, which switches blending off; fix it there, or give it its own rate by
            ``paramwise_cfg=dict(custom_keys={'blending_weight': dict(lr_mult=...)})``.

    Raises:
        ValueError: ``init`` outside [0, 1].
        TypeError: ``init`` is not a number, or ``learnable`` is not a bool.
    """

    def __init__(self, init: float = 0.5, learnable: bool = True) -> None:
        super().__init__()
        check_number('init', init, 0, 1)
        check_flag('learnable', learnable)
        self.value = nn.Parameter(torch.tensor(float(init)), requires_grad=learnable)

    def forward(self) -> Tensor:
        """The scalar, in [0, 1]."""
        with torch.no_grad():
            self.value.clamp_(0, 1)
        # A copy: the next use clamps again, and autograd still needs the value of this one.
        return self.value.clone()


def soft_target(blended: Tensor, target: Tensor, weight: Tensor) -> Tensor:
    """Targets after blending: ``1 - weight`` where blended, unchanged elsewhere.

    Gradients flow into ``weight``. At ``weight = 1`` nothing was blended in and the soft target
    would be 0; the paper's code reads 0 as "unknown", hence -1 in the code of this package.

    Shape:
        blended (B, C) bool, target (B, C) in {1, 0, -1}, weight () -> (B, C).
    """
    value = 1 - weight
    value = torch.where(value > 0, value, -torch.ones_like(value))
    return torch.where(blended, value, target.to(torch.promote_types(target.dtype, value.dtype)))
