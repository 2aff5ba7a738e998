"""What steps of a pipeline have in common that take arrays from disk."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
from mmcv.transforms import BaseTransform

from dsrb_mm.fileio.array_store import open_store


class LoadFromStore(BaseTransform):
    """Takes the array of ``img_path`` from an :class:`ArrayStore`, with what was noted about it.

    Labels and ``sample_idx`` stay; ``ori_shape``, ``scale_factor`` and the like are those of the
    steps that computed the array.

    Args:
        folder: Folder of the store.
        key: Where the next step looks for its input.

    Raises:
        FileNotFoundError: On use, there is no store.
        ValueError: On use, the store is damaged, or does not have the image.
    """

    content: ClassVar[str]
    """What the store holds, before the path of an image."""

    written_by: ClassVar[str]
    """The function that writes such stores."""

    def __init__(self, folder: str, key: str = 'img') -> None:
        self.folder = folder
        self.key = key

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add the array."""
        store, path = open_store(self.folder), str(results['img_path'])
        try:
            array = store.array_of(path)
        except KeyError as error:
            raise ValueError(
                f'expected {self.folder} to hold {self.content} {path}, but it does not: call '
                f'{self.written_by} again for these images'
            ) from error
        results.update(store.meta_of(path))
        results[self.key] = self.convert(array)
        return results

    def convert(self, array: np.ndarray) -> Any:
        """What the next step takes."""
        return array

    def __repr__(self) -> str:
        return f'{type(self).__name__}(folder={self.folder!r})'
