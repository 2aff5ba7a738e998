"""One number for the length of a training: optimiser steps, from which the schedule follows."""

from __future__ import annotations

import inspect
import math
import os
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.logging import print_log
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS, MODELS

from dsrb_mm.arguments import check_int, check_number
from dsrb_mm.datasets import get_label_matrix
from dsrb_mm.models import MethodPart
from dsrb_mm.models.complements.transfer_thresholds import TransferThreshold

AUTO = 'auto'
_VALIDATIONS = 12
_WARMUP = 0.05


def apply_budget(cfg: Config, budget: int | str) -> None:
    """Give a config the schedule of a number of optimiser steps, whatever the size of its data.

    Reads the training set for its number of samples. See :func:`fit_schedule`.

    Args:
        cfg: Config of an epoch-based training; changed in place.
        budget: Number of optimiser steps, or ``'auto'`` for :func:`auto_budget`.

    Raises:
        ValueError: Another budget, or a config that does not train in epochs.
        FileNotFoundError: Annotations are missing.

    Example:
        >>> cfg = Config.fromfile('configs/dsrb_csv.py')
        >>> apply_budget(cfg, 400)
    """
    if budget != AUTO:
        if isinstance(budget, str):
            raise ValueError(f"expected budget to be 'auto' or a number of steps, but got {budget}")
        check_int('budget', budget, 1)
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    dataset = DATASETS.build(cfg.train_dataloader.dataset)
    steps = auto_budget(_count_known(dataset)) if budget == AUTO else int(budget)
    fit_schedule(cfg, steps, len(dataset))


def auto_budget(known_labels: int) -> int:
    """Steps for a number of known training labels.

    ``400 sqrt(known_labels / 10,000)``, the quotient kept between 1/4 and 16: from 200 steps for
    2,500 labels or fewer to 1,600 steps for 160,000 or more.

    Example:
        >>> auto_budget(10_000), auto_budget(40_000), auto_budget(0)
        (400, 800, 200)
    """
    return round(400 * math.sqrt(min(max(known_labels / 10_000, 0.25), 16)))


def fit_schedule(cfg: Config, steps: int, num_samples: int, warmup: float = _WARMUP) -> None:
    """Set epochs, learning-rate curve, schedules of the method's parts and validation interval.

    * Epochs: as many as come nearest to the steps, at least 1.
    * Learning rate: a linear warm-up, then a cosine down to 0 over all other iterations.
    * Parts of the method that begin, or come back, at an epoch do so after the same share of the
      training as before, and what changes by so much per epoch ends where it would have.
    * Validation, and a checkpoint, about 12 times.

    Args:
        cfg: Config of an epoch-based training; changed in place.
        steps: Number of optimiser steps.
        num_samples: Samples of the training set.
        warmup: Share of the iterations in which the learning rate rises.

    Raises:
        ValueError: A number out of range, a config that does not train in epochs, or a data loader
            that gives no batch.
    """
    check_int('steps', steps, 1)
    check_number('warmup', warmup, 0, 0.5)
    old_epochs = cfg.train_cfg.get('max_epochs')
    if not cfg.train_cfg.get('by_epoch', True) or not old_epochs:
        raise ValueError(
            f'a budget needs a training in epochs, but train_cfg is {dict(cfg.train_cfg)}: set '
            'by_epoch=True and max_epochs'
        )
    length = _epoch_length(cfg, num_samples)
    accumulated = cfg.optim_wrapper.get('accumulative_counts', 1)
    epochs = max(1, round(steps * accumulated / length))
    print_log(f'budget of {steps} steps: {epochs} epochs of {length} iterations', 'current')
    interval = max(1, round(epochs / _VALIDATIONS))
    cfg.train_cfg.update(max_epochs=epochs, val_interval=interval)
    cfg.param_scheduler = _learning_rate(epochs * length, warmup)
    scale_epochs(cfg.model, epochs / old_epochs)
    checkpoint = cfg.get('default_hooks', {}).get('checkpoint')
    if checkpoint:
        checkpoint.interval = interval


def scale_epochs(model: Any, factor: float) -> None:
    """Stretch the schedules of a method's parts, which name the arguments: ``in_epochs`` and so on.

    Args:
        model: Config of the model; changed in place.
        factor: Epochs of the training over those that the schedules are written for.
    """
    stretched: dict[str, Callable[[float], float]] = {
        'in_epochs': lambda value: value * factor,
        'in_whole_epochs': lambda value: max(1, round(value * factor)),
        'per_epoch': lambda value: value / factor,
    }
    for config, part in _parts(model):
        for attribute, stretch in stretched.items():
            for name in _names(part, attribute):
                value = config.get(name, _default(part, name))
                if value is not None:
                    config[name] = stretch(value)


def _learning_rate(iterations: int, warmup: float) -> list[dict]:
    rising = round(warmup * iterations)
    begin = dict(type='LinearLR', start_factor=1 / (rising + 1), by_epoch=False, begin=0)
    cosine = dict(type='CosineAnnealingLR', T_max=iterations - rising, by_epoch=False)
    cosine.update(begin=rising, end=iterations)
    return [*([dict(begin, end=rising)] if rising else []), cosine]


def _epoch_length(cfg: Config, num_samples: int) -> int:
    loader = cfg.train_dataloader
    batch = loader.get('batch_size') or (loader.get('batch_sampler') or {}).get('batch_size')
    if not batch:
        raise ValueError('a budget needs train_dataloader.batch_size, but the config has none')
    per_process = math.ceil(num_samples / _world_size(cfg))
    length = per_process // batch if loader.get('drop_last') else math.ceil(per_process / batch)
    if length < 1:
        raise ValueError(no_batch(num_samples, batch))
    return length


def no_batch(num_samples: int, batch: int | None) -> str:
    """Message of a training set that gives no batch."""
    return (
        f'the training set has {num_samples} samples, too few for one batch of {batch} per process '
        'where drop_last leaves out an incomplete one: set train_dataloader.batch_size to at most '
        f'{num_samples}, or train_dataloader.drop_last=False'
    )


def _world_size(cfg: Config) -> int:
    """Number of processes, which the launcher tells before they know of each other."""
    if cfg.get('launcher', 'none') == 'none':
        return 1
    names = ('WORLD_SIZE', 'SLURM_NTASKS', 'OMPI_COMM_WORLD_SIZE')
    return int(next((os.environ[name] for name in names if name in os.environ), 1))


def _parts(config: Any) -> Iterator[tuple[dict, type]]:
    """Configs of a method's parts inside a config, with their classes."""
    if isinstance(config, (list, tuple)):
        for item in config:
            yield from _parts(item)
    if not isinstance(config, Mapping):
        return
    for item in config.values():
        yield from _parts(item)
    kind = config.get('type')
    kind = MODELS.get(kind) if isinstance(kind, str) else kind
    if isinstance(kind, type) and issubclass(kind, (MethodPart, TransferThreshold)):
        yield config, kind  # type: ignore[misc]


def _names(part: type, attribute: str) -> list[str]:
    """Arguments that a class and its base classes name."""
    return list(dict.fromkeys(n for owner in part.__mro__ for n in vars(owner).get(attribute, ())))


def _default(part: type, name: str) -> float | None:
    """Default of an argument, also one that is passed on as a keyword; None if there is none."""
    for owner in part.__mro__:
        parameters = inspect.signature(owner).parameters
        if name in parameters:
            default = parameters[name].default
            return None if default is inspect.Parameter.empty else default
        if all(p.kind != inspect.Parameter.VAR_KEYWORD for p in parameters.values()):
            return None
    return None


def _count_known(dataset: Any) -> int:
    return int(np.count_nonzero(get_label_matrix(dataset) >= 0))
