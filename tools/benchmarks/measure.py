"""Time and peak memory of functions, measured so that machines and forms can be compared."""

from __future__ import annotations

import os
import platform
from collections.abc import Callable, Mapping
from statistics import median
from typing import Any, NamedTuple

import cv2
import mmengine
import mmpretrain
import numpy as np
import torch
from torch.profiler import ProfilerActivity, profile
from torch.utils.benchmark import Timer


class Timing(NamedTuple):
    """Seconds of a call: median, fastest and slowest of the repeats."""

    median: float
    fastest: float
    slowest: float


def interleaved(functions: Mapping[str, Callable], repeats: int) -> dict[str, Timing]:
    """Time functions in turn, so that a busy moment of the machine hits all alike.

    Each is called once beforehand. Work queued on an accelerator is waited for.

    Raises:
        ValueError: ``repeats`` below 1.
    """
    if repeats < 1:
        raise ValueError(f'expected repeats to be at least 1, but got {repeats}')
    timers = {
        name: Timer('function()', globals={'function': f}, num_threads=torch.get_num_threads())
        for name, f in functions.items()
    }
    seconds: dict[str, list[float]] = {name: [] for name in functions}
    for function in functions.values():
        function()
    for _ in range(repeats):
        for name, timer in timers.items():
            seconds[name].append(timer.timeit(1).median)
    return {name: Timing(median(s), min(s), max(s)) for name, s in seconds.items()}


def peak_memory(function: Callable, device: torch.device) -> int:
    """Most bytes that tensors made during a call took at a time, beyond those there before."""
    if device.type == 'cuda':
        torch.cuda.synchronize(device)
        before = torch.cuda.memory_allocated(device)
        torch.cuda.reset_peak_memory_stats(device)
        function()
        torch.cuda.synchronize(device)
        return torch.cuda.max_memory_allocated(device) - before
    with profile(activities=[ProfilerActivity.CPU], profile_memory=True) as record:
        function()
    events = [e for e in record.profiler.kineto_results.events() if e.name() == '[memory]']
    changes = np.array([e.nbytes() for e in sorted(events, key=_start)])
    return int(changes.cumsum().max(initial=0))


def _start(event: Any) -> int:
    """When an event began; torch 2.2 counts microseconds."""
    return event.start_ns() if hasattr(event, 'start_ns') else event.start_us()


def environment(device: torch.device) -> dict[str, str]:
    """Device, threads and versions the figures hold for."""
    if device.type == 'cuda':
        name = torch.cuda.get_device_name(device)
    else:
        name = f'{_processor()}, {torch.get_num_threads()} of {os.cpu_count()} cores'
    return {
        'device': name,
        'python': platform.python_version(),
        'torch': torch.__version__,
        'mmengine': mmengine.__version__,
        'mmpretrain': mmpretrain.__version__,
        'numpy': np.__version__,
        'opencv': cv2.__version__,
    }


def _processor() -> str:
    try:
        with open('/proc/cpuinfo', encoding='utf-8') as file:
            names = [line.split(':')[1].strip() for line in file if line.startswith('model name')]
    except OSError:
        names = []
    return names[0] if names else platform.processor() or platform.machine()
