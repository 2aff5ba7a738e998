"""Splits of images in which every label has its share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from dsrb_mm.arguments import check_number


def complete_splits(
    splits: Sequence[str | None],
    labels: NDArray,
    val: float = 0.2,
    test: float = 0.0,
    seed: int = 0,
) -> tuple[list[str], int]:
    """Give every image a split; those that have one keep it.

    Images without a split become training images. If no image is in ``val`` then, a share of the
    training images is drawn for it, and likewise for ``test`` where a share is asked for. Drawn by
    iterative stratification (Sechidis et al., On the Stratification of Multi-Label Data, ECML PKDD
    2011), over known present and known absent labels: both sides get each label's share.

    Args:
        splits: What the annotations say.
        labels: Labels, (N, C) in {1, 0, -1}.
        val: Share of the training images that are drawn for validation; 0: none.
        test: Likewise for testing.
        seed: Seed of the drawing.

    Returns:
        The splits, and how many images were drawn.

    Raises:
        ValueError: Shares out of range, a split in another spelling, or fewer than 2 training
            images to draw from.

    Example:
        >>> complete_splits([None] * 10, labels, val=0.2)[0].count('val')
        2
    """
    check_number('val', val, 0, 0.9)
    check_number('test', test, 0, 0.9)
    found = np.array([split or 'train' for split in splits], object)
    _check_names(found.tolist())
    drawn = 0
    for name, share in (('test', test), ('val', val)):
        if share == 0 or name in found:
            continue
        rows = np.flatnonzero(found == 'train')
        if len(rows) < 2:
            raise ValueError(
                f'expected 2 training images or more to draw {name} from, got {len(rows)}; images '
                f'by split: {dict(Counter(found.tolist()))}'
            )
        chosen = rows[_draw(labels[rows], share, seed)]
        found[chosen] = name
        drawn += len(chosen)
    return found.tolist(), drawn


def _check_names(splits: Sequence[str]) -> None:
    """Refuse other spellings of the splits, whose images would be left out."""
    for name, count in Counter(splits).items():
        meant = [known for known in ('train', 'val', 'test') if name.lower().startswith(known)]
        if meant and name not in meant:
            raise ValueError(
                f'expected the splits of images to be called train, val and test, but got {name!r} '
                f'for {count:,} images: write {meant[0]}'
            )


def _draw(labels: NDArray, share: float, seed: int) -> NDArray:
    # Imports scikit-learn, which takes a second: only drawing needs it.
    from iterstrat.ml_stratifiers import MultilabelStratifiedShuffleSplit

    strata = np.concatenate([labels == 1, labels == 0], axis=1)
    splitter = MultilabelStratifiedShuffleSplit(n_splits=1, test_size=share, random_state=seed)
    return next(splitter.split(np.zeros(len(labels)), strata))[1]
