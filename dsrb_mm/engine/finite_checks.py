"""Whether numbers are finite, and what to say where they are not."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from dsrb_mm.engine.bare_model import names_in_state

_SHOWN = 4  # images, parameters or categories named in a message


class NonFiniteError(FloatingPointError):
    """Training met NaN or infinity."""


def all_finite(tensors: Iterable[Tensor], exact: bool = True) -> Tensor:
    """Whether all values of all tensors are finite: one number, left on their device.

    Args:
        tensors: Tensors of one device; integers are finite.
        exact: Whether to look at each value. Otherwise at Euclidean norms, several times quicker:
            True is certain then, but beyond about 1e19 squares overflow and finite values give
            False.

    Shape:
        any -> () bool.
    """
    floating = [tensor for tensor in tensors if tensor.is_floating_point() and tensor.numel()]
    if not floating:
        return torch.tensor(True)
    if exact:
        return torch.stack([tensor.isfinite().all() for tensor in floating]).all()
    return torch.stack([norm.float() for norm in torch._foreach_norm(floating)]).isfinite().all()


def non_finite_names(named: Iterable[tuple[str, Tensor | None]]) -> list[str]:
    """Names of the tensors that hold NaN or infinity."""
    return [n for n, tensor in named if tensor is not None and not tensor.isfinite().all()]


def non_finite_state(model: nn.Module) -> list[str]:
    """Names of the model's parameters and buffers that hold NaN or infinity."""
    state = model.state_dict()
    if all_finite(state.values()):
        return []
    return non_finite_names(state.items())


def describe_state(names: Sequence[str], model: nn.Module, classes: Sequence[str] | None) -> str:
    """Tensors by name, with the categories concerned where there are some.

    Args:
        names: Of tensors of the model's state.
        model: Its modules may name the tensors whose first dimension is the categories in a class
            attribute ``category_rows``.
        classes: Names of the categories, None where they are not known.
    """
    state, parts = model.state_dict(), []
    by_category = names_in_state(model, 'category_rows')
    for name in names[:_SHOWN]:
        if classes and name in by_category:
            rows = (~state[name].isfinite()).flatten(1).any(1).nonzero()
            parts.append(f'{name} (of {shorten([classes[int(row)] for row in rows])})')
        else:
            parts.append(name)
    return shorten(parts, len(names))


def shorten(names: Sequence[str], number: int | None = None) -> str:
    """The first few names, and how many there are."""
    number = len(names) if number is None else number
    more = f', ... ({number})' if number > _SHOWN else ''
    return ', '.join(names[:_SHOWN]) + more


def losses_of(outputs: Any) -> dict[str, Tensor] | None:
    """Losses by name, None where the outputs of a model are not those of ``mode='loss'``."""
    if not isinstance(outputs, dict):
        return None
    losses = {n: v for n, v in outputs.items() if 'loss' in n and isinstance(v, Tensor)}
    return {name: value.detach() for name, value in losses.items()}


def describe_losses(losses: Mapping[str, Tensor], model: nn.Module) -> str:
    """Losses with their values, and the parameters whose gradients are not finite."""
    values = ', '.join(f'{name} = {value.mean().item():g}' for name, value in losses.items())
    bad = non_finite_names((name, p.grad) for name, p in model.named_parameters())
    text = f'; gradients with NaN or infinity: {shorten(bad)}' if bad else ''
    return f'{values or "no losses"}{text}'


def batch_paths(data_batch: Any) -> list[str]:
    """Path of every image of a batch, as far as its samples tell."""
    samples = data_batch.get('data_samples') or [] if isinstance(data_batch, Mapping) else []
    return [str(s.get('img_path', f'image {i} of the batch')) for i, s in enumerate(samples)]


def batch_images(batches: Iterable[Any]) -> list[dict[str, Any]]:
    """File and labels of every image of some batches."""
    images = []
    for batch in batches:
        samples = batch.get('data_samples') or [] if isinstance(batch, Mapping) else []
        values = [sample.get('gt_score', sample.get('gt_label')) for sample in samples]
        labels = [None if value is None else value.tolist() for value in values]
        images += [dict(path=p, labels=v) for p, v in zip(batch_paths(batch), labels, strict=True)]
    return images


def without_inputs(data_batch: Any) -> Any:
    """A batch less its images, to be kept for a message."""
    if isinstance(data_batch, Mapping):
        return {key: value for key, value in data_batch.items() if key != 'inputs'}
    return data_batch


@dataclass(frozen=True)
class Finding:
    """What one process tells the others when training stops.

    Attributes:
        reason: Why it stops, as this process sees it.
        own: Whether it is this process's values that are not finite. Nobody's are where only
            gradients are not: these are averaged over the processes.
        whole: Whether the state there was before is finite.
        images: File and labels of every image that went into the update.
    """

    reason: str
    own: bool
    whole: bool
    images: list[dict[str, Any]]


def merge_findings(findings: Sequence[Finding]) -> tuple[str, list[int], list[dict[str, Any]]]:
    """Reason to give, ranks of the processes it came from, and their images.

    Args:
        findings: Of all processes, by rank.
    """
    ranks = [rank for rank, finding in enumerate(findings) if finding.own]
    ranks = ranks or list(range(len(findings)))
    reason = findings[ranks[0]].reason
    if len(findings) > 1:
        named = shorten([str(rank) for rank in ranks])
        reason += f' (rank {named} of {len(findings)} processes)'
    return reason, ranks, [image for rank in ranks for image in findings[rank].images]


class KeptBuffers:
    """A copy of what a forward pass changes: the buffers of all modules in training mode."""

    def __init__(self) -> None:
        self._kept: list[tuple[nn.Module, str, Tensor, Tensor]] = []

    def keep(self, model: nn.Module) -> None:
        """Copy them as they are now."""
        own = [
            (module, name, buffer)
            for module in model.modules()
            if module.training
            for name, buffer in module._buffers.items()
            if buffer is not None
        ]
        buffers = [buffer for _, _, buffer in own]
        if [id(buffer) for _, _, buffer, _ in self._kept] != [id(buffer) for buffer in buffers]:
            self._kept = [(*entry, entry[-1].clone()) for entry in own]
        elif own:
            torch._foreach_copy_([kept for _, _, _, kept in self._kept], buffers)

    @torch.no_grad()
    def restore(self) -> None:
        """Put the copies back, also where a module has a new tensor by now."""
        for module, name, buffer, kept in self._kept:
            module._buffers[name] = buffer.copy_(kept)
