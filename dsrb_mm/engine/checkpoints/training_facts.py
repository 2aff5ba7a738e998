"""What a resumed training must share with the run before it, and how to say what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.runner import BaseLoop, Runner

_SHOWN = 4  # settings named in a message
# What changes while a scheduler runs, and the optimiser it belongs to.
_RUNNING = {
    'last_step', '_global_step', '_last_value', 'cooldown_counter', 'num_bad_epochs', 'best',
}  # fmt: skip
_PLAIN = (bool, int, float, str, list, tuple, dict)


def schedule_settings(runner: Runner) -> list[dict[str, Any]]:
    """Settings of the parameter schedulers, in the order of the config."""
    schedulers = runner.param_schedulers or []
    groups = list(schedulers.values()) if isinstance(schedulers, Mapping) else [schedulers]
    return [
        {
            name: value
            for name, value in scheduler.state_dict().items()
            if name not in _RUNNING and isinstance(value, _PLAIN)
        }
        for group in groups
        for scheduler in group
    ]


def describe_changed_schedule(
    configured: Sequence[Mapping[str, Any]], loaded: Sequence[Mapping[str, Any]]
) -> str | None:
    """Say in which settings the schedule of a checkpoint is not the configured one.

    Args:
        configured: :func:`schedule_settings` before the checkpoint was loaded.
        loaded: The same afterwards.

    Returns:
        A message, None if the schedules are the same.
    """
    changed = [
        f'{name} = {_shown(ours[name])} in the config, {_shown(theirs[name])} in the checkpoint'
        for ours, theirs in zip(configured, loaded, strict=False)
        for name in ours
        if name in theirs and ours[name] != theirs[name]
    ]
    if not changed:
        return None
    more = f'; ... ({len(changed)})' if len(changed) > _SHOWN else ''
    return (
        'a resumed training keeps the schedule of its checkpoint, which is not that of the config: '
        f'{"; ".join(changed[:_SHOWN])}{more}. If training goes on after the end of that schedule, '
        'the learning rate stays at its last value. To train by the schedule of the config, start '
        'a new training from the weights: load_from=FILE without resume'
    )


def _shown(value: Any) -> Any:
    return sorted(value.elements()) if isinstance(value, Counter) else value


def training_sizes(loop: BaseLoop) -> list[int]:
    """Number of training images, and of iterations per epoch."""
    return [len(loop.dataloader.dataset), len(loop.dataloader)]


def describe_changed_sizes(before: Any, now: Sequence[int]) -> str | None:
    """Say that the training set or the batch has changed.

    Args:
        before: :func:`training_sizes` in the checkpoint; None where it has none.
        now: The same of this run.

    Returns:
        A message, None if nothing has changed.
    """
    if before is None or list(before) == list(now):
        return None
    return (
        f'the training set has {now[0]} images in {now[1]} iterations per epoch, but had '
        f'{before[0]} images in {before[1]} iterations in the run before: images, batch size or '
        'number of processes have changed. The schedule counts epochs and iterations as before'
    )
