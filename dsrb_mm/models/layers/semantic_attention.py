"""Category-specific attention pooling (CSRL) without its large intermediate tensors.

Reference: Pu et al., "Dual-Perspective Semantic-Aware Representation Blending for Multi-Label Image
Recognition with Partial Labels" (arXiv 2205.13092), category-specific representation learning::

    score(n, c) = u . (M tanh((P f_n) * (Q w_c)) + m) + n0      n: one of the N = H * W locations
    a(., c)     = softmax over n of score(., c)
    S_c         = sum_n a(n, c) f_n

Written out, ``tanh`` has ``B * N * C * J`` elements and the attended maps ``a f`` have
``B * N * C * D``. Neither is needed: nothing nonlinear stands between M and u, so both fold into
one vector ``direction = M^T u``, and the sum over n is a matrix product. What is left is computed
for a few categories at a time and computed again in the backward pass, so that the only tensors
kept are the inputs, S and one number per image and category.
"""

from __future__ import annotations

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

# Elements of the largest temporary (B, N, c, J). Small enough for a CPU's caches; a GPU wants few,
# large kernels instead.
_CHUNK_ELEMENTS = {'cpu': 1 << 20, 'cuda': 1 << 27}


def _is_exporting() -> bool:
    """Whether torch.export is tracing; PyTorch says so from 2.7 on."""
    is_exporting = getattr(getattr(torch, 'compiler', None), 'is_exporting', None)
    return is_exporting is not None and is_exporting()


def _category_chunks(pixels: Tensor, words: Tensor) -> list[slice]:
    """Split the categories so that one chunk's temporary stays within the device's budget."""
    budget = _CHUNK_ELEMENTS.get(pixels.device.type, _CHUNK_ELEMENTS['cuda'])
    # One exported graph serves every batch size: its chunks must not depend on the traced one.
    elements = pixels[0].numel() if _is_exporting() else pixels.numel()
    step = max(1, budget // max(1, elements))
    return [slice(i, min(i + step, len(words))) for i in range(0, len(words), step)]


def _interaction(pixels: Tensor, words: Tensor) -> Tensor:
    """``tanh(pixels * words)`` for some categories: (B, N, J), (c, J) -> (B, c, N, J)."""
    return (pixels.unsqueeze(1) * words.view(1, -1, 1, words.shape[-1])).tanh_()


def attention_scores(pixels: Tensor, words: Tensor, direction: Tensor) -> Tensor:
    """Attention scores before the softmax, up to a constant per category.

    Args:
        pixels: Projected features ``P f``.
        words: Projected word vectors ``Q w``.
        direction: ``M^T u``.

    Shape:
        (B, N, J), (C, J), (J,) -> (B, C, N).
    """
    return torch.cat(
        [
            torch.matmul(_interaction(pixels, words[part]), direction)
            for part in _category_chunks(pixels, words)
        ],
        dim=1,
    )


class _SemanticAttentionFunction(torch.autograd.Function):
    """S and the attention map; the backward pass computes the interaction again."""

    @staticmethod
    def forward(ctx, features, pixels, words, direction):
        scores = attention_scores(pixels, words, direction)
        log_norm = scores.logsumexp(-1, keepdim=True)
        attention = (scores - log_norm).exp_()
        semantic = attention @ features
        ctx.save_for_backward(features, pixels, words, direction, semantic, log_norm)
        ctx.mark_non_differentiable(attention)
        return semantic, attention

    @staticmethod
    @once_differentiable
    def backward(ctx, grad_semantic, _):
        features, pixels, words, direction, semantic, log_norm = ctx.saved_tensors
        grad_pixels = torch.zeros_like(pixels)
        grad_words = torch.empty_like(words)
        grad_direction = torch.zeros_like(direction)
        attention = torch.empty(
            *semantic.shape[:2], features.shape[1], dtype=features.dtype, device=features.device
        )
        # Softmax: d score = a (d a - sum_n a d a), and sum_n a d a = S . dS needs no attention.
        grad_attention = grad_semantic @ features.mT
        grad_mean = (semantic * grad_semantic).sum(-1, keepdim=True)
        for part in _category_chunks(pixels, words):
            tanh = _interaction(pixels, words[part])
            weights = (torch.matmul(tanh, direction) - log_norm[:, part]).exp_()
            attention[:, part] = weights
            grad_score = weights * (grad_attention[:, part] - grad_mean[:, part])
            grad_direction += grad_score.flatten() @ tanh.flatten(0, 2)
            # d tanh(x) = 1 - tanh(x)^2, reusing the storage of tanh.
            grad_product = tanh.square_().neg_().add_(1).mul_(grad_score.unsqueeze(-1))
            grad_words[part] = torch.einsum('bcnj,bnj->cj', grad_product, pixels) * direction
            grad_pixels += torch.einsum('bcnj,cj->bnj', grad_product, words[part] * direction)
        grad_features = attention.mT @ grad_semantic
        return grad_features, grad_pixels, grad_words, grad_direction


def semantic_attention(
    features: Tensor, pixels: Tensor, words: Tensor, direction: Tensor
) -> tuple[Tensor, Tensor]:
    """Attention-pooled features of every category.

    The arithmetic runs in the dtype of its inputs; callers under mixed precision pass float32,
    since a softmax over products of half-precision numbers loses the peak.

    Args:
        features: Image features f at the N locations.
        pixels: ``P f``.
        words: ``Q w``.
        direction: ``M^T u``.

    Shape:
        (B, N, D), (B, N, J), (C, J), (J,) -> semantic features (B, C, D), attention (B, C, N).

    Returns:
        The semantic features S, differentiable in all four inputs, and the attention map, which
        carries no gradient.
    """
    if torch.is_grad_enabled():
        return _SemanticAttentionFunction.apply(features, pixels, words, direction)
    attention = attention_scores(pixels, words, direction).softmax(-1)
    return attention @ features, attention


def peak_quadrant(attention: Tensor, features: Tensor, height: int, width: int) -> Tensor:
    """Quadrant of the map in which a category's attended response peaks (PPRB's location).

    The response is ``e(h, w) = sum_d a(h, w, c) f_hwd``. Its peak's row is the argmax over h of the
    maximum over w, the column likewise; the quadrant is ``2 [row >= H // 2] + [col >= W // 2]``.

    Shape:
        attention (B, C, H * W), features (B, H * W, D) -> (B, C), integers 0 to 3.
    """
    response = (attention * features.sum(-1).unsqueeze(1)).unflatten(-1, (height, width))
    row = response.amax(-1).argmax(-1)
    column = response.amax(-2).argmax(-1)
    return 2 * (row >= height // 2).long() + (column >= width // 2).long()
