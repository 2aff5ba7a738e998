"""Category-specific attention pooling (CSRL) without its large intermediate tensors.

Reference: Pu et al., "Dual-Perspective Semantic-Aware Representation Blending for Multi-Label Image
Recognition with Partial Labels" (arXiv 2205.13092), category-specific representation learning::

    score(n, c) = u . (M tanh((P f_n) * (Q w_c)) + m) + n0      n: one of the N = H * W locations
    a(., c)     = softmax over n of score(., c)
    S_c         = sum_n a(n, c) f_n

Written out, ``tanh`` has ``B * N * C * J`` elements and the attended maps ``a f`` have
``B * N * C * D``. Neither is needed: nothing nonlinear stands between M and u, so both fold into
one vector ``direction = M^T u``, and the sum over n is a matrix product. What is left stands in
``attention_kernels.py`` and is computed again in the backward pass, so that the only tensors kept
are the inputs, S and one number per image and category.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

from dsrb_mm.models.layers.attention_kernels import AttentionKernels, choose_kernels


def _by_category(tensor: Tensor) -> Tensor:
    """(B, C, N) -> (C, B * N), contiguous."""
    return tensor.transpose(0, 1).flatten(1)


def _by_image(tensor: Tensor, batch: int) -> Tensor:
    """(C, B * N) -> (B, C, N)."""
    return tensor.unflatten(1, (batch, -1)).transpose(0, 1)


@torch.no_grad()
def attention_scores(
    pixels: Tensor, words: Tensor, direction: Tensor, compiled: bool = False
) -> Tensor:
    """Attention scores before the softmax, up to a constant per category; without gradient.

    Args:
        pixels: Projected features ``P f``.
        words: Projected word vectors ``Q w``.
        direction: ``M^T u``.
        compiled: Whether to use ``torch.compile``.

    Shape:
        (B, N, J), (C, J), (J,) -> (B, C, N).
    """
    kernels = choose_kernels(pixels.device, compiled)
    return _by_image(kernels.scores(pixels.flatten(0, 1), words, direction), pixels.shape[0])


class _SemanticAttentionFunction(torch.autograd.Function):
    """S and the attention map; the backward pass computes the interaction again."""

    @staticmethod
    def forward(ctx, features, pixels, words, direction, kernels: AttentionKernels):
        scores = kernels.scores(pixels.flatten(0, 1), words, direction)
        scores = _by_image(scores, pixels.shape[0]).contiguous()
        log_norm = scores.logsumexp(-1, keepdim=True)
        attention = (scores - log_norm).exp_()
        semantic = attention @ features
        ctx.kernels = kernels
        ctx.save_for_backward(features, pixels, words, direction, semantic, log_norm)
        ctx.mark_non_differentiable(attention)
        return semantic, attention

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_semantic, _):
        features, pixels, words, direction, semantic, log_norm = ctx.saved_tensors
        # Softmax: d score = a (d a - sum_n a d a), and sum_n a d a = S . dS needs no attention.
        centred = grad_semantic @ features.mT
        centred -= (semantic * grad_semantic).sum(-1, keepdim=True)
        grad = ctx.kernels.gradients(
            _by_category(log_norm.expand_as(centred)),
            _by_category(centred),
            pixels.flatten(0, 1),
            words,
            direction,
        )
        grad_features = _by_image(grad.attention, pixels.shape[0]).mT @ grad_semantic
        return grad_features, grad.pixels.view_as(pixels), grad.words, grad.direction, None


def semantic_attention(
    features: Tensor,
    pixels: Tensor,
    words: Tensor,
    direction: Tensor,
    compiled: bool = False,
) -> tuple[Tensor, Tensor]:
    """Attention-pooled features of every category.

    The arithmetic runs in the dtype of its inputs; callers under mixed precision pass float32,
    since a softmax over products of half-precision numbers loses the peak.

    Args:
        features: Image features f at the N locations.
        pixels: ``P f``.
        words: ``Q w``.
        direction: ``M^T u``.
        compiled: Whether to use ``torch.compile``, which needs a compiler on the machine.

    Shape:
        (B, N, D), (B, N, J), (C, J), (J,) -> semantic features (B, C, D), attention (B, C, N).

    Returns:
        The semantic features S, differentiable in all four inputs, and the attention map, which
        carries no gradient.
    """
    if torch.is_grad_enabled():
        kernels = choose_kernels(pixels.device, compiled)
        return _SemanticAttentionFunction.apply(features, pixels, words, direction, kernels)
    attention = attention_scores(pixels, words, direction, compiled).softmax(-1)
    return attention @ features, attention


def attended_response(attention: Tensor, features: Tensor) -> Tensor:
    """Response ``e(h, w) = sum_d a(h, w, c) f_hwd``, whose peak locates a category (PPRB).

    Shape:
        attention (B, C, H, W), features (B, H * W, D) -> (B, C, H, W).
    """
    return attention * features.sum(-1).unflatten(-1, attention.shape[-2:]).unsqueeze(1)


def peak_quadrant(maps: Tensor) -> Tensor:
    """Quadrant in which each map peaks.

    The peak's row is the argmax over h of the maximum over w, the column likewise; the quadrant is
    ``2 [row >= H // 2] + [column >= W // 2]``.

    Shape:
        (B, C, H, W) -> (B, C), integers 0 to 3.
    """
    height, width = maps.shape[-2:]
    row, column = maps.amax(-1).argmax(-1), maps.amax(-2).argmax(-1)
    return 2 * (row >= height // 2).long() + (column >= width // 2).long()
