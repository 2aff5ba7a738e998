"""What a resumed training must share with the run before it, and how to say what has changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from mmengine.config import Config
from mmengine.dist import get_world_size
from mmengine.runner import Runner

from dsrb_mm.datasets.config_files import files_of_config
from dsrb_mm.fileio.digests import file_digests

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


def training_data(runner: Runner) -> dict[str, Any]:
    """What a training learns from: numbers, and checksums of the annotation files by name."""
    loader = runner.train_loop.dataloader
    config = Config(dict(train_dataloader=runner.cfg.get('train_dataloader') or {}))
    return {
        'images': len(loader.dataset),
        'iterations per epoch': len(loader),
        'batch size': getattr(loader.batch_sampler, 'batch_size', None) or 0,
        'processes': get_world_size(),
        'files': file_digests(files_of_config(config)),
    }


def describe_changed_data(before: Any, now: Mapping[str, Any]) -> str | None:
    """Say what has changed in the data of a training.

    Args:
        before: :func:`training_data` in the checkpoint; None where it has none.
        now: The same of this run.

    Returns:
        A message, None if nothing has changed.
    """
    if not isinstance(before, Mapping):
        return None
    changed = [
        f'{name}: {value}, before {before[name]}'
        for name, value in now.items()
        if name != 'files' and name in before and before[name] != value
    ]
    old, new = before.get('files') or {}, now['files']
    for name, digest in new.items():
        if name in old and old[name] != digest:
            changed.append(f'the content of {name}')
    # Moved or renamed files with the same content are the same data.
    if sorted(old.values()) != sorted(new.values()) and not old.keys() & new.keys():
        changed.append(f'the files: {", ".join(new)}, before {", ".join(old)}')
    if not changed:
        return None
    return (
        f'the data of this training has changed since the run before ({"; ".join(changed)}). The '
        'schedule counts epochs and iterations as before'
    )
