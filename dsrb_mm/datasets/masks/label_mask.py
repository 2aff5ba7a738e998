"""Base class of the protocols of hiding labels."""

from __future__ import annotations

from abc import ABC, abstractmethod

import numpy as np


class LabelMask(ABC):
    """Chooses which labels of a training set stay known.

    A protocol is a subclass registered in ``dsrb_mm.registry.MASKS``; its arguments come from the
    config. The choice must depend on the labels and the arguments only, so that every process and
    every resumed run hides the same labels.

    Example::

        @MASKS.register_module()
        class FirstCategories(LabelMask):
            def __init__(self, number):
                self.number = number

            def choose(self, labels):
                return np.broadcast_to(np.arange(labels.shape[1]) < self.number, labels.shape)

        dict(type='PartialLabelDataset', known=dict(type='FirstCategories', number=5), dataset=...)
    """

    @abstractmethod
    def choose(self, labels: np.ndarray) -> np.ndarray:
        """Choose the known labels.

        Entries that are unknown in ``labels`` stay unknown, chosen or not.

        Args:
            labels: Labels of every image, each image once. Not to be changed.

        Shape:
            labels (N, C) int8 in {1, 0, -1} -> (N, C) bool, True where known.
        """

    def __repr__(self) -> str:
        arguments = ', '.join(f'{name}={value!r}' for name, value in vars(self).items())
        return f'{type(self).__name__}({arguments})'
