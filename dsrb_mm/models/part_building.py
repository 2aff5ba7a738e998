"""Building the parts of a method from their configs, with messages that name the argument."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from mmpretrain.registry import MODELS
from torch import nn


def build_part(argument: str, config: Any, kind: type = nn.Module) -> Any:
    """Build a part from its config.

    Args:
        argument: What messages call it.
        config: Of a registered module.
        kind: Class that the part must have.

    Raises:
        TypeError: The config is not a dict, or the part is of another class.
        ValueError: The config has no type, or one that is not registered.

    Example:
        >>> build_part('loss', dict(type='PartialBCELoss'), PartialLabelLoss)
        PartialBCELoss()
    """
    if not isinstance(config, dict):
        raise TypeError(f'expected {argument} to be a config, but got {config!r}')
    if not isinstance(config.get('type'), (str, type)):
        raise ValueError(f'expected {argument} to be a config with a type, but got {config}')
    try:
        part = MODELS.build(config)
    except (KeyError, ImportError) as error:
        raise ValueError(
            f'expected {argument} to be the config of a registered module, but got {config}: '
            f'{error}'
        ) from error
    if not isinstance(part, kind):
        raise TypeError(
            f'expected {argument} to be the config of a {kind.__name__}, but got a '
            f'{type(part).__name__}'
        )
    return part


def build_named_parts(
    argument: str, configs: Sequence[dict], kind: type, taken: Sequence[str]
) -> nn.ModuleDict:
    """Build parts that have names of their own, or else those of their classes.

    Args:
        argument: What messages call the list.
        configs: Of the parts.
        kind: Class that all of them must have.
        taken: Names that are in use already.

    Raises:
        TypeError: No list; or see :func:`build_part`.
        ValueError: A name that is in use, or cannot be one; or see :func:`build_part`.
    """
    if isinstance(configs, dict) or not isinstance(configs, Sequence):
        raise TypeError(f'expected {argument} to be a list of configs, but got {configs!r}')
    parts = nn.ModuleDict()
    for config in configs:
        part = build_part(argument, config, kind)
        name = str(getattr(part, 'name', None) or type(part).__name__)
        if name in (*parts, *taken):
            raise ValueError(f'{argument}: the name {name!r} is taken; give one of them name=...')
        try:
            parts[name] = part
        except KeyError as error:  # a dot in it, or a method of ModuleDict
            raise ValueError(f'{argument}: {name!r} cannot be a name: {error}') from error
    return parts
