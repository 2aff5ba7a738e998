"""What a measurement is asked, and what it answers."""

from __future__ import annotations

from typing import NamedTuple

import torch
from mmengine.config import Config

from tools.benchmarks.measure import Timing


class Options(NamedTuple):
    """What a user may change.

    Attributes:
        config: A DSRB config.
        device: Device of the models.
        amp: Whether to use mixed precision.
        repeats: Repeats of every measurement.
        batches: Batch sizes.
        sides: Sides of the pooled map.
        categories: Numbers of categories for the suite of that name.
        size: Side of the images of whole models, in pixels.
        methods: Methods of the suite of that name, as configs are called; all if there are none.
        loading_scale: Factor of the numbers of images in the suite ``loading``.
    """

    config: Config
    device: torch.device
    amp: bool = False
    repeats: int = 5
    batches: tuple[int, ...] = (2, 4, 8)
    sides: tuple[int, ...] = (7, 14)
    categories: tuple[int, ...] = (20, 80, 200, 1000)
    size: int = 448
    methods: tuple[str, ...] = ()
    loading_scale: float = 1.0


class Row(NamedTuple):
    """A line of the table.

    Attributes:
        suite: Name of the measurement.
        setting: Sizes.
        case: What was measured.
        seconds: Time of a call, if it was timed.
        memory: Bytes, if memory was measured.
        ratio: Time or memory over that of ``reference``.
        reference: What the ratio refers to.
        target: What the ratio, or the time in seconds if there is none, should not exceed.
        rate: Images a second.
    """

    suite: str
    setting: str
    case: str
    seconds: Timing | None = None
    memory: float | None = None
    ratio: float | None = None
    reference: str = ''
    target: float | None = None
    rate: float | None = None

    @property
    def reached(self) -> bool:
        """Whether the target was reached; True without one."""
        value = self.ratio
        if value is None:
            value = 0.0 if self.seconds is None else self.seconds.median
        return self.target is None or value <= self.target
