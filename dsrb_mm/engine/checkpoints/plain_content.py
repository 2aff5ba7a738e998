"""Checkpoints of tensors and plain containers, so that ``weights_only`` loading reads them.

MMEngine stores its log history as NumPy-backed objects, which torch >= 2.6 refuses to load unless
``builtins.getattr`` and NumPy's reconstructors are trusted; that would give up most of the
protection.
"""

from __future__ import annotations

import copy
from collections import Counter
from collections.abc import Callable

import numpy as np
import torch
from mmengine.logging import HistoryBuffer

_MARK = 'dsrb_mm_plain'
# State dicts of model, EMA model and optimiser are tensors and numbers already.
_PLAIN_KEYS = {'meta', 'message_hub', 'param_schedulers'}


def make_plain(checkpoint: dict) -> None:
    """Replace MMEngine's objects in a checkpoint by tensors and plain containers, in place."""
    for key in _PLAIN_KEYS & checkpoint.keys():
        checkpoint[key] = _to_plain(checkpoint[key])


def restore_objects(checkpoint: dict) -> None:
    """Undo :func:`make_plain`; the runner reads MMEngine's objects."""
    for key in _PLAIN_KEYS & checkpoint.keys():
        checkpoint[key] = _from_plain(checkpoint[key])


def _mapped(function: Callable, value: dict) -> dict:
    # Not type(value)(pairs): a Counter, such as the milestones of MultiStepLR, would count them.
    result = copy.copy(value)
    for key, item in value.items():
        result[key] = function(item)
    return result


def _to_plain(value):
    if isinstance(value, HistoryBuffer):
        log, count = value.data
        return {
            _MARK: 'history',
            'log': torch.from_numpy(np.asarray(log, np.float64)),
            'count': torch.from_numpy(np.asarray(count, np.float64)),
            'max_length': value.max_length,
        }
    if isinstance(value, np.ndarray):
        return {_MARK: 'array', 'value': torch.from_numpy(value.copy())}
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, Counter):  # milestones of a scheduler; torch 2.2 does not load it
        return {_MARK: 'counter', 'value': dict(value)}
    if isinstance(value, dict):
        return _mapped(_to_plain, value)
    if type(value) in (list, tuple):
        return type(value)(_to_plain(item) for item in value)
    return value


def _from_plain(value):
    if isinstance(value, dict):
        kind = value.get(_MARK)
        if kind == 'history':
            return HistoryBuffer(value['log'].numpy(), value['count'].numpy(), value['max_length'])
        if kind == 'array':
            return value['value'].numpy()
        if kind == 'counter':
            return Counter(value['value'])
        return _mapped(_from_plain, value)
    if type(value) in (list, tuple):
        return type(value)(_from_plain(item) for item in value)
    return value
