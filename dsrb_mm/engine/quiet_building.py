"""Building a model on the side."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import torch
from mmengine.logging import MMLogger


@contextmanager
def quiet_building() -> Iterator[None]:
    """Keep a line per parameter off the screen, and the random numbers of what follows as they are.

    Example:
        >>> with quiet_building():
        ...     model = MODELS.build(cfg.model)
    """
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel('WARNING')
    try:
        with torch.random.fork_rng():
            yield
    finally:
        logger.setLevel(level)
