"""What a comparison consists of: its runs, and what is the same in all of them."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from dsrb_mm.engine.budget import AUTO
from dsrb_mm.sweep import KnownLabels, Run, make_plan


@dataclass(frozen=True)
class Setup:
    """What is the same for all methods.

    Attributes:
        budget: Optimiser steps of every run, or ``'auto'``: by the known labels of its mask.
        holdout: Share of the training images that choose the epoch.

    Raises:
        ValueError: A share that is not one part in 2, 3, 4, ...
    """

    budget: int | str = AUTO
    holdout: float = 0.2

    def __post_init__(self) -> None:
        if not 0 < self.holdout <= 0.5 or abs(1 / self.holdout - self.parts) > 0.05:
            raise ValueError(
                'expected the held-out share to be one part of the training images, such as 0.5, '
                f'0.25, 0.2 or 0.1, but got {self.holdout}'
            )

    @property
    def parts(self) -> int:
        """Number of parts of the training images, of which one is held out."""
        return round(1 / self.holdout)


def make_comparison(
    configs: Sequence[Path],
    known: Sequence[KnownLabels],
    seeds: Sequence[int],
    work_dir: Path,
    setup: Setup,
    options: Sequence[str] = (),
) -> list[Run]:
    """All runs of a comparison, seeds outermost, then masks, then methods.

    Args:
        configs: The methods.
        known: Masks of known labels.
        seeds: Of mask, held-out part, initial weights and order of the images.
        work_dir: Where results go.
        setup: What all runs share; part of their fingerprints.
        options: ``--cfg-options`` for all runs.

    Raises:
        ValueError: See :func:`make_plan`.
    """
    common = asdict(setup)
    runs = make_plan(configs, known, seeds, work_dir, options)
    return [
        replace(
            run,
            settings=dict(run.settings, comparison=common),
            fingerprint=_digest([run.fingerprint, common]),
        )
        for run in runs
    ]


def _digest(content: list) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:16]
