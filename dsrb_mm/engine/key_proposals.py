"""Keys of a config that a misspelt or unread one may have been meant for."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from mmengine.runner import Runner

_SHOWN = 4  # keys that a message proposes
# Read beside what Runner takes: by MMEngine, by MMPretrain's interfaces, by this package's tools.
OTHERS = (
    'compile', 'custom_imports', 'find_unused_parameters', 'model_wrapper_cfg', 'sync_bn',
    'test_pipeline', 'tta_model', 'tta_pipeline', 'budget', 'method', 'method_epochs',
)  # fmt: skip


def argument_names(*functions: Any) -> set[str]:
    """Names of the arguments of functions or classes."""
    return {name for f in functions for name in inspect.signature(f).parameters}


RUNNER = argument_names(Runner) - {'cfg'}


def items_of(node: Any) -> list[tuple[str, Any]]:
    """Items of a dict or a list of a config, with keys as text; of other values none."""
    if isinstance(node, Mapping):
        return [(str(key), value) for key, value in node.items()]
    return [(str(i), v) for i, v in enumerate(node)] if isinstance(node, (list, tuple)) else []


def same_leaves(path: tuple[str, ...], content: dict) -> list[str]:
    """Keys that are read and have the same last name or, without any, the value of the variable."""
    value = content.get(path[0]) if len(path) == 1 else None
    by_name, by_value = [], []
    for key, found in _leaves({k: v for k, v in content.items() if k in RUNNER}):
        if key == path or 'custom_keys' in key:
            continue
        if key[-1] == path[-1]:
            by_name.append('.'.join(key))
        elif isinstance(value, str) and value and found == value:
            by_value.append('.'.join(key))
    return by_name or by_value


def near_leaves(path: tuple[str, ...], before: dict) -> list[str]:
    """Keys that are read whose last name, or whose variable in the file, is much like a path's."""
    leaves = {key[-1] for key, _ in _leaves(before)}
    for match in difflib.get_close_matches(path[-1], sorted(leaves | before.keys()), 3, 0.7):
        found = same_leaves((*path[:-1], match), before)
        if found:
            return found
    return []


def _leaves(node: Any, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    if path:
        yield path, node
    for key, value in items_of(node):
        yield from _leaves(value, (*path, key))


def near_hooks(path: tuple[str, ...], before: dict) -> list[str]:
    """Keys of default hooks whose name is much like the one in a path."""
    hooks = before.get('default_hooks', {}) if path[0] == 'default_hooks' else {}
    near = difflib.get_close_matches(path[1], sorted(hooks), 1) if len(path) > 1 else []
    return ['.'.join([path[0], match, *path[2:]]) for match in near]


def near_tops(path: tuple[str, ...]) -> list[str]:
    """Keys of the runner whose name is much like the first of a path, with the rest of it."""
    near = difflib.get_close_matches(path[0], sorted({*RUNNER, *OTHERS}), 1, 0.7)
    return ['.'.join([match, *path[1:]]) for match in near]


def shown_keys(keys: Sequence[str]) -> str:
    """The first few of some keys, for a message."""
    return ', '.join(keys[:_SHOWN]) + (', ...' if len(keys) > _SHOWN else '')


def proposal(keys: Sequence[str]) -> str:
    """What a message adds about keys that may have been meant."""
    return f'; did you mean {shown_keys(keys)}?' if keys else ''
