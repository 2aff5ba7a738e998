"""Loading of images that come from elsewhere."""

from __future__ import annotations

from typing import Any

from mmcv.transforms import BaseTransform
from mmengine import fileio
from mmpretrain.registry import TRANSFORMS

from dsrb_mm.datasets.image_decoding import MAX_PIXELS, decode_image


@TRANSFORMS.register_module()
class LoadCheckedImageFromFile(BaseTransform):
    """Loads ``img_path`` as MMCV's ``LoadImageFromFile`` does, but all of the image or nothing.

    OpenCV 4 gives a truncated JPEG as a picture, filled up, and takes the memory that a header
    promises. Here both are an error that names the file. Pixels are those of :func:`decode_image`;
    of 8-bit JPEG and PNG they are the same as OpenCV's.

    Args:
        max_pixels: Images of more pixels are refused; None takes all.
        backend_args: Arguments of MMEngine's file backend.

    Raises:
        ValueError: ``max_pixels`` below 1.
    """

    def __init__(
        self, max_pixels: int | None = MAX_PIXELS, backend_args: dict | None = None
    ) -> None:
        if max_pixels is not None and max_pixels < 1:
            raise ValueError(
                f'expected max_pixels to be None or at least 1, but got {max_pixels!r}'
            )
        self.max_pixels = max_pixels
        self.backend_args = backend_args

    def transform(self, results: dict[str, Any]) -> dict[str, Any]:
        """Add ``img`` (H, W, 3) uint8 in BGR, ``img_shape`` and ``ori_shape``.

        Raises:
            FileNotFoundError: No such file.
            UnreadableImageError: It cannot be decoded.
        """
        path = results['img_path']
        image = decode_image(
            fileio.get(path, backend_args=self.backend_args), path, self.max_pixels
        )
        results.update(img=image, img_shape=image.shape[:2], ori_shape=image.shape[:2])
        return results

    def __repr__(self) -> str:
        return f'{type(self).__name__}(max_pixels={self.max_pixels})'
