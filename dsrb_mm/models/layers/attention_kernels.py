"""The attention's one large computation, ``direction . tanh(pixels * words)``, in three forms.

It has ``C * M * J`` elements (C categories, M = B * N locations, J joint channels), which is why no
form keeps them: the gradients compute tanh again. The forms give the same numbers:

* ``categorywise``: a category at a time in buffers that stay in a CPU's cache;
* ``chunked``: as many categories at once as a memory budget allows, for accelerators, where few
  large operations are fast;
* ``whole``: all categories at once: what exporters see, whatever the batch; and under
  ``torch.compile``, which fuses tanh with the sums over it, no temporary of that size exists.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import NamedTuple

import torch
from torch import Tensor

# Elements of the largest temporary (c, M, J) of the chunked form.
CHUNK_ELEMENTS = 1 << 27
# torch 2.2 does not say whether it compiles; the exporter, which does, needs torch 2.7 anyway.
_is_compiling = getattr(torch.compiler, 'is_compiling', lambda: False)


class AttentionGradients(NamedTuple):
    """What the backward pass needs of the large computation.

    Attributes:
        attention: The attention, computed again, (C, M).
        pixels: Gradient of ``pixels``, (M, J).
        words: Gradient of ``words``, (C, J).
        direction: Gradient of ``direction``, (J,).
    """

    attention: Tensor
    pixels: Tensor
    words: Tensor
    direction: Tensor


class AttentionKernels(NamedTuple):
    """One form of the computation.

    Attributes:
        scores: ``(pixels, words, direction)`` -> scores ``direction . tanh(pixels * words)``;
            (M, J), (C, J), (J,) -> (C, M).
        gradients: ``(log_norm, centred, pixels, words, direction)`` -> :class:`AttentionGradients`,
            where ``log_norm`` is the log of the softmax's sum and ``centred`` the gradient of the
            attention less its mean under the attention, both (C, M).
    """

    scores: Callable[..., Tensor]
    gradients: Callable[..., AttentionGradients]


def _categorywise_scores(pixels: Tensor, words: Tensor, direction: Tensor) -> Tensor:
    scores = pixels.new_empty(len(words), len(pixels))
    tanh = torch.empty_like(pixels)
    for category, word in enumerate(words):
        torch.mul(pixels, word, out=tanh).tanh_()
        torch.mv(tanh, direction, out=scores[category])
    return scores


def _categorywise_gradients(
    log_norm: Tensor, centred: Tensor, pixels: Tensor, words: Tensor, direction: Tensor
) -> AttentionGradients:
    attention = torch.empty_like(log_norm)
    grad_words = torch.empty_like(words)
    grad_directions = torch.empty_like(words)
    grad_pixels = torch.zeros_like(pixels)
    tanh, product = torch.empty_like(pixels), torch.empty_like(pixels)
    for category, word in enumerate(words):
        torch.mul(pixels, word, out=tanh).tanh_()
        weights = torch.mv(tanh, direction, out=attention[category])
        grad_score = weights.sub_(log_norm[category]).exp_() * centred[category]
        torch.mv(tanh.T, grad_score, out=grad_directions[category])
        # d tanh = 1 - tanh^2, in the storage of tanh.
        grad_product = tanh.square_().neg_().add_(1).mul_(grad_score.unsqueeze(1))
        grad_pixels.addcmul_(grad_product, word * direction)
        torch.sum(torch.mul(grad_product, pixels, out=product), 0, out=grad_words[category])
    return AttentionGradients(
        attention, grad_pixels, grad_words * direction, grad_directions.sum(0)
    )


def _whole_scores(pixels: Tensor, words: Tensor, direction: Tensor) -> Tensor:
    return (torch.tanh(pixels * words.unsqueeze(1)) * direction).sum(-1)


def _whole_gradients(
    log_norm: Tensor, centred: Tensor, pixels: Tensor, words: Tensor, direction: Tensor
) -> AttentionGradients:
    tanh = torch.tanh(pixels * words.unsqueeze(1))
    attention = torch.exp((tanh * direction).sum(-1) - log_norm)
    grad_score = (attention * centred).unsqueeze(-1)
    grad_product = (1 - tanh * tanh) * grad_score
    return AttentionGradients(
        attention,
        (grad_product * (words * direction).unsqueeze(1)).sum(0),
        (grad_product * pixels).sum(1) * direction,
        (tanh * grad_score).sum((0, 1)),
    )


def _chunks(pixels: Tensor, words: Tensor) -> list[slice]:
    """Split the categories so that one chunk's temporaries stay within the budget."""
    step = max(1, CHUNK_ELEMENTS // max(1, pixels.numel()))
    return [slice(i, i + step) for i in range(0, len(words), step)]


def _chunked_scores(pixels: Tensor, words: Tensor, direction: Tensor) -> Tensor:
    return torch.cat([_whole_scores(pixels, words[c], direction) for c in _chunks(pixels, words)])


def _chunked_gradients(
    log_norm: Tensor, centred: Tensor, pixels: Tensor, words: Tensor, direction: Tensor
) -> AttentionGradients:
    attention, grad_words = [], []
    grad_pixels, grad_direction = torch.zeros_like(pixels), torch.zeros_like(direction)
    for c in _chunks(pixels, words):
        part = _whole_gradients(log_norm[c], centred[c], pixels, words[c], direction)
        attention.append(part.attention)
        grad_words.append(part.words)
        grad_pixels = grad_pixels + part.pixels
        grad_direction = grad_direction + part.direction
    return AttentionGradients(
        torch.cat(attention), grad_pixels, torch.cat(grad_words), grad_direction
    )


CATEGORYWISE = AttentionKernels(_categorywise_scores, _categorywise_gradients)
CHUNKED = AttentionKernels(_chunked_scores, _chunked_gradients)
WHOLE = AttentionKernels(_whole_scores, _whole_gradients)


@cache
def compiled_kernels() -> AttentionKernels:
    """The whole form, fused; compiled for a shape when it is first met.

    Batches of another size (the last one of an epoch) recompile once, then any size fits.
    """
    return AttentionKernels(*(torch.compile(kernel) for kernel in WHOLE))


def choose_kernels(device: torch.device, compiled: bool = False) -> AttentionKernels:
    """The form for a device: compiled on request, else the fastest that always works."""
    if compiled:
        return compiled_kernels()
    if torch.jit.is_tracing() or _is_compiling():
        return WHOLE  # the size of a chunk would become that of the example's batch
    return CATEGORYWISE if device.type == 'cpu' else CHUNKED
