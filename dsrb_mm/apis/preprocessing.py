"""From an image file or array to a model's input, as the config's test pipeline says."""

from __future__ import annotations

from typing import Any

import numpy as np
from mmengine.config import Config
from mmengine.dataset import Compose, default_collate
from mmengine.registry import DefaultScope
from mmpretrain.registry import TRANSFORMS

from dsrb_mm.apis.image_inputs import ImageInput
from dsrb_mm.datasets.image_decoding import UnreadableImageError, convert_image
from dsrb_mm.datasets.wrappers import walk_configs

# Without one, files are loaded by the first.
_LOADERS = ('LoadCheckedImageFromFile', 'LoadImageFromFile')


def evaluation_datasets(cfg: Config) -> list[dict]:
    """The config's test dataset (else its validation dataset) and those wrapped in it, inwards."""
    loader = cfg.get('test_dataloader') or cfg.get('val_dataloader') or {}
    return list(walk_configs(loader['dataset'])) if loader.get('dataset') else []


class InputPipeline:
    """Loads an image and applies the transforms of the config's test dataset.

    Files are loaded by the config's loader of images, as in training; others enter after it.

    Args:
        cfg: Config with ``test_dataloader`` or ``val_dataloader``.

    Raises:
        ValueError: The config has no test pipeline.
    """

    def __init__(self, cfg: Config) -> None:
        steps = next(
            (level['pipeline'] for level in evaluation_datasets(cfg) if 'pipeline' in level), None
        )
        if steps is None:
            raise ValueError(
                'expected the config to have a pipeline in test_dataloader.dataset, but got none'
            )
        self.steps = list(steps)
        loads = [step for step in self.steps if step['type'] in _LOADERS]
        with DefaultScope.overwrite_default_scope('mmpretrain'):
            self.load = TRANSFORMS.build(loads[0] if loads else dict(type=_LOADERS[0]))
            rest = [TRANSFORMS.build(step) for step in self.steps if step['type'] not in _LOADERS]
        self.transform = Compose(rest)

    def __call__(self, image: ImageInput) -> dict[str, Any]:
        """Input and data sample of an image.

        Raises:
            UnreadableImageError: The image cannot be decoded.
        """
        if image.path is not None:
            return self.transform(self._read(image.path))
        pixels = image.array
        if image.image is not None:
            pixels = convert_image(image.image, f'input {image.name}')
        if pixels is None:
            raise ValueError(f'expected input {image.name} to have a path, an image or an array')
        shape = pixels.shape[:2]
        return self.transform(dict(img=pixels, img_shape=shape, ori_shape=shape))

    def input_size(self) -> tuple[int, int]:
        """Height and width of the model's input, where the pipeline makes all images alike.

        Raises:
            ValueError: They depend on the image.
        """
        sizes = set()
        for shape in ((480, 640, 3), (640, 480, 3), (300, 300, 3)):
            image = ImageInput('probe', array=np.zeros(shape, np.uint8))
            sizes.add(tuple(self(image)['inputs'].shape[-2:]))
        if len(sizes) > 1:
            raise ValueError(
                'expected the test pipeline to make all images of one size, but got '
                f'{sorted(sizes)}; give the input size'
            )
        return sizes.pop()

    def _read(self, path: str) -> dict[str, Any]:
        try:
            data = self.load(dict(img_path=path))
        except UnreadableImageError:
            raise
        except Exception as error:  # decoders raise what they like, from OSError to AssertionError
            raise UnreadableImageError(
                f'expected {path} to be a readable image, but got: {error}'
            ) from error
        if data is None:  # LoadImageFromFile(ignore_empty=True)
            raise UnreadableImageError(f'expected {path} to be a readable image')
        return data


def collate(batch: list[dict[str, Any]]) -> dict[str, Any]:
    """One batch of what :class:`InputPipeline` gave for some images.

    Raises:
        ValueError: The pipeline left them of different sizes.
    """
    sizes = {tuple(data['inputs'].shape) for data in batch}
    if len(sizes) > 1:
        raise ValueError(
            'expected the test pipeline to make all images of a batch of one size, but got '
            f'{sorted(sizes)}; use batch_size=1'
        )
    return default_collate(batch)
