"""When too few labels are known to judge a category by."""

from __future__ import annotations

import numpy as np

# Known labels of either kind from which on the figures of a category say something.
ENOUGH = 10


def few_known(labels: np.ndarray) -> list[str]:
    """A note where so few labels are known that average precision is mostly chance.

    With few known labels of a category, even a random ranking has a high average precision: with
    1 present among 40 known, 11 % and not 2.5 %. So an mAP of such categories is too high.

    Args:
        labels: Held-out labels, (N, C) in {1, 0, -1}.

    Returns:
        One line or none.
    """
    known = np.minimum((labels == 1).sum(0), (labels == 0).sum(0))
    judged = (labels == 1).any(0)
    few = int((judged & (known < ENOUGH)).sum())
    if not few:
        return []
    return [
        f'{few} of {int(judged.sum())} judged categories have fewer than {ENOUGH} known labels of '
        'either kind: mAP is higher here than it would be on more labels'
    ]
