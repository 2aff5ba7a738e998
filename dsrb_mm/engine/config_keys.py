"""Which keys of a config something reads; the others change nothing, whatever they are set to."""

from __future__ import annotations

import difflib
import functools
import inspect
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from mmengine import registry
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmengine.runner import EpochBasedTrainLoop, IterBasedTrainLoop, Runner, TestLoop, ValLoop
from mmengine.runner.log_processor import LogProcessor
from mmpretrain import registry as mmpretrain_registry
from mmpretrain.models.utils import ClsDataPreprocessor
from torch import nn
from torch.utils.data import DataLoader

from dsrb_mm.engine.key_proposals import (
    OTHERS,
    RUNNER,
    argument_names,
    items_of,
    near_hooks,
    near_leaves,
    near_tops,
    proposal,
    same_leaves,
    shown_keys,
)
from dsrb_mm.registry import MASKS

_NEAR = 0.85  # similarity from which a name that may be meant is taken for a misspelt key
# What MMEngine takes out of a config before it calls the constructor.
_TAKEN_OUT = {'type', 'priority', 'convert_to_iter_based', '_scope_', '_delete_'}
_ENVIRONMENT = {'cudnn_benchmark', 'mp_cfg', 'dist_cfg', 'resource_limit'}
_PARAMETERS = {
    'custom_keys', 'bias_lr_mult', 'bias_decay_mult', 'norm_decay_mult', 'flat_decay_mult',
    'dwconv_decay_mult', 'dcn_offset_lr_mult', 'bypass_duplicate',
}  # fmt: skip


_LOADER = argument_names(DataLoader) | {'num_batch_per_epoch', 'disable_subprocess_warning'}
# Accepted in dicts that have no type, by their place.
_PLACES: dict[tuple[str, ...], set[str]] = {
    **{(f'{split}_dataloader',): _LOADER for split in ('train', 'val', 'test')},
    ('train_cfg',): argument_names(EpochBasedTrainLoop, IterBasedTrainLoop) | {'by_epoch'},
    ('val_cfg',): argument_names(ValLoop),
    ('test_cfg',): argument_names(TestLoop),
    ('randomness',): argument_names(Runner.set_randomness),
    ('auto_scale_lr',): {'enable', 'base_batch_size'},
    ('env_cfg',): _ENVIRONMENT,
    ('env_cfg', 'mp_cfg'): {'mp_start_method', 'opencv_num_threads'},
    ('optim_wrapper',): {'optimizer', 'accumulative_counts', 'clip_grad'},
    ('optim_wrapper', 'paramwise_cfg'): _PARAMETERS,
    ('log_processor',): argument_names(LogProcessor),
    ('data_preprocessor',): argument_names(ClsDataPreprocessor),
    ('model', 'data_preprocessor'): argument_names(ClsDataPreprocessor),
    ('custom_imports',): {'imports', 'allow_failed_imports'},
}
_ADDED: dict[tuple[str, ...], set[str]] = {
    ('optim_wrapper',): {'constructor', 'paramwise_cfg'},
    ('train_cfg',): {'by_epoch'},
}


class _Accepted(NamedTuple):
    """Names that are read in a dict, and whether others are known not to be."""

    names: set[str]
    closed: bool


def merge_options(cfg: Config, options: Mapping[str, Any]) -> None:
    """Merge ``--cfg-options`` into a config; a key that nothing reads is refused.

    Args:
        cfg: Config; changed in place.
        options: Values by dotted key.

    Raises:
        ValueError: Nothing reads a key; the message proposes those that would work. These are keys
            of the runner, of this package's tools, and arguments of the classes that ``type``
            names. The names at the top of config files are used inside the file only.

    Example:
        >>> cfg = Config.fromfile('configs/dsrb_csv.py')
        >>> merge_options(cfg, {'train_dataloader.batch_size': 16})
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    before = cfg.to_dict()
    try:
        cfg.merge_from_dict(dict(options))
    except (KeyError, TypeError, AttributeError, IndexError) as error:
        reason = error.args[0] if error.args else error
        raise ValueError(f'--cfg-options {" ".join(options)}: {reason}') from error
    after = cfg.to_dict()
    for key in options:
        message = _unread(tuple(key.split('.')), before, after)
        if message:
            raise ValueError(f'--cfg-options {key}={options[key]}: {message}')


def unread_keys(cfg: Config) -> list[str]:
    """Keys of a config file that nothing reads, one message each.

    Other names at the top of the file are its own business, unless one is nearly a key.
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    content = cfg.to_dict()
    found = []
    for name in content:
        near = difflib.get_close_matches(name, RUNNER, 1, _NEAR)
        if name not in RUNNER and name not in OTHERS and near:
            found.append(f'nothing reads {name}; did you mean {near[0]}?')
    for name in sorted(RUNNER & set(content)):
        found += _walk((name,), content[name], content)
    return found


def _walk(path: tuple[str, ...], node: Any, content: dict) -> Iterator[str]:
    for key, value in items_of(node):
        here = (*path, key)
        message = _unread(here, {}, content)
        if message:
            yield f'{".".join(here)}: {message}'
        else:
            yield from _walk(here, value, content)


def _unread(path: tuple[str, ...], before: dict, after: dict) -> str | None:
    """Why a key changes nothing; None if something reads it."""
    top = path[0]
    if top not in RUNNER and top not in OTHERS:
        if top in before:
            keys = same_leaves(path, before)
            use = f'; use {shown_keys(keys)}' if keys else ''
            return f'{top} is a name inside the config file, which nothing else reads{use}'
        return 'nothing reads it' + proposal(
            near_tops(path) or same_leaves(path, before or after) or near_leaves(path, before)
        )
    node: Any = after
    for depth, name in enumerate(path):
        accepted = _accepted(path[:depth], node) if depth else None
        if accepted is not None and name not in accepted.names:
            cutoff = 0.6 if accepted.closed else _NEAR
            near = difflib.get_close_matches(name, sorted(accepted.names), 1, cutoff)
            if near or accepted.closed:
                keys = ['.'.join([*path[:depth], match, *path[depth + 1 :]]) for match in near]
                place = f'{".".join(path[:depth])}{_kind(node)} has no {name!r}'
                return place + proposal(
                    keys or near_hooks(path, before) or same_leaves(path, before or after)
                )
        node = _child(node, name)
    return None


def _child(node: Any, name: str) -> Any:
    if isinstance(node, Mapping):
        return node.get(name)
    is_item = isinstance(node, (list, tuple)) and name.lstrip('-').isdigit()
    return node[int(name)] if is_item and int(name) < len(node) else None


def _kind(node: Any) -> str:
    kind = node.get('type') if isinstance(node, Mapping) else None
    return '' if kind is None else f' ({getattr(kind, "__name__", kind)})'


def _accepted(path: tuple[str, ...], node: Any) -> _Accepted | None:
    """Keys that are read in the dict at a place; None where that cannot be told."""
    if not isinstance(node, Mapping):
        return None
    kind, added = node.get('type'), _TAKEN_OUT | _ADDED.get(path, set())
    if kind is None:
        if len(path) == 2 and path[0] == 'default_hooks':
            return _Accepted({'type'}, True)  # a new one, under a misspelt name
        return _Accepted(_PLACES[path] | added, True) if path in _PLACES else None
    classes = [kind] if callable(kind) else _registered(str(kind).rpartition('.')[2])
    if not classes:
        return None
    found = [_arguments(item) for item in classes]
    names = added.union(*(item.names for item in found))
    return _Accepted(names, all(item.closed for item in found))


@functools.cache
def _registered(name: str) -> tuple[Any, ...]:
    """Everything of that name in the registries."""
    return tuple(room.module_dict[name] for room in _registries() if name in room.module_dict)


@functools.cache
def _registries() -> tuple[registry.Registry, ...]:
    rooms = [
        item
        for module in (registry, mmpretrain_registry)
        for item in vars(module).values()
        if isinstance(item, registry.Registry)
    ]
    for room in rooms:
        room.import_from_location()
    return (*rooms, MASKS)


def _arguments(kind: Any) -> _Accepted:
    """Arguments of a constructor, with those that it passes on to its bases."""
    if not inspect.isclass(kind):
        return _signature(kind)
    names: set[str] = set()
    for base in kind.__mro__:
        if base is nn.Module:
            return _Accepted(names, True)
        if '__init__' in vars(base) and base is not object:
            own = _signature(vars(base)['__init__'])
            names |= own.names
            if own.closed:
                return _Accepted(names, True)
    return _Accepted(names, False)


def _signature(function: Any) -> _Accepted:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return _Accepted(set(), False)
    kinds = {p.kind for p in parameters}
    return _Accepted({p.name for p in parameters}, inspect.Parameter.VAR_KEYWORD not in kinds)
