"""Running a frozen backbone once over all images of a data set."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.dataset import Compose
from mmengine.logging import MMLogger
from mmengine.runner import Runner
from mmpretrain.registry import DATASETS, MODELS
from rich.progress import track

from dsrb_mm.datasets.config_data import image_paths
from dsrb_mm.features.feature_store import alone_in, is_finished, write_store
from dsrb_mm.models.backbones.feature_input import weights_digest

# What the data set adds to a sample, and what the data loader tells of it in any case.
_OF_THE_DATA_SET = ('sample_idx', 'img_path')


class FeatureExtractor:
    """A frozen backbone with its preprocessor, and the folder of what it has computed.

    Args:
        backbone: Config of the ``FrozenBackbone``.
        preprocessor: Config of the data preprocessor.
        folder: Where stores lie, each in a folder named by its key.
        loader: ``batch_size`` and ``num_workers``.
    """

    def __init__(self, backbone: dict, preprocessor: dict, folder: Path, loader: dict) -> None:
        self._configs = dict(backbone=backbone['backbone'], preprocessor=preprocessor)
        self.folder = folder
        self.loader = loader
        device = torch.device('cuda' if torch.cuda.is_available() else 'cpu')
        # A backbone without pretrained weights is the same every time, and leaves the random
        # numbers of what follows as they are.
        with torch.random.fork_rng(), _warnings_only():
            torch.manual_seed(0)
            self.backbone = MODELS.build(dict(backbone, cache_bytes=0))
            self.backbone.init_weights()
        # Depthwise convolutions on a CPU are a third faster in this order.
        self.backbone.to(device, memory_format=torch.channels_last)
        self.preprocessor = MODELS.build(preprocessor).to(device)
        self._weights = weights_digest(self.backbone)

    def store_of(self, dataset: dict) -> tuple[Path, tuple[int, ...]]:
        """Folder of the maps of a data set, computed unless they are there, and their shape.

        Args:
            dataset: Config of a data set that reads annotations, without wrappers.

        Raises:
            FileNotFoundError: Annotations or images are missing.
            ValueError: Images give maps of different shapes.
            OSError: The disk lacks the space.
        """
        pipeline = list(dataset['pipeline'])
        images = list(dict.fromkeys(image_paths(DATASETS.build(dataset))))
        samples = _Samples(images, pipeline)
        shape = tuple(self._run([samples[0]])[0].shape[1:])
        content = dict(self._configs, pipeline=pipeline, weights=self._weights, map_shape=shape)
        folder = self.folder / _key(dict(content, images=[_file_state(path) for path in images]))
        with alone_in(folder):
            if not is_finished(folder):
                write_store(folder, images, shape, self._batches(samples, shape), content)
        return folder, shape

    def _batches(
        self, samples: _Samples, shape: tuple[int, ...]
    ) -> Iterator[tuple[np.ndarray, list[dict]]]:
        loader = Runner.build_dataloader(
            dict(
                **self.loader,
                dataset=samples,
                sampler=dict(type='DefaultSampler', shuffle=False),
                collate_fn=list,
            ),
            seed=0,
        )
        for batch in track(loader, 'features of the frozen backbone', transient=True):
            maps, notes = self._run(batch)
            if maps.shape[1:] != shape:
                raise ValueError(
                    f'expected all images to give maps of shape {shape}, but got '
                    f'{maps.shape[1:]}: let the pipeline resize them to one size'
                )
            yield maps, notes

    @torch.no_grad()
    def _run(self, batch: Sequence[dict]) -> tuple[np.ndarray, list[dict]]:
        sizes = {tuple(sample['inputs'].shape) for sample in batch}
        if len(sizes) > 1:
            raise ValueError(
                f'expected images of one size, but got {sorted(sizes)}: let the pipeline resize '
                'them to one size'
            )
        inputs = torch.stack([sample['inputs'] for sample in batch])
        images = self.preprocessor(dict(inputs=inputs))['inputs']
        (maps,) = self.backbone(images.contiguous(memory_format=torch.channels_last))
        return maps.cpu().numpy().astype(np.float16), [_notes(sample) for sample in batch]


class _Samples(torch.utils.data.Dataset):
    """Images after the pipeline, without labels."""

    def __init__(self, images: Sequence[str], pipeline: Sequence[dict]) -> None:
        self.images = images
        self.pipeline = Compose(pipeline)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> dict:
        return self.pipeline(dict(img_path=self.images[index]))


@contextmanager
def _warnings_only() -> Iterator[None]:
    """Keep a line per parameter off the screen."""
    logger = MMLogger.get_current_instance()
    level = logger.level
    logger.setLevel('WARNING')
    try:
        yield
    finally:
        logger.setLevel(level)


def _notes(sample: dict) -> dict[str, Any]:
    meta = sample['data_samples'].metainfo_items()
    return {name: _plain(value) for name, value in meta if name not in _OF_THE_DATA_SET}


def _plain(value: Any) -> Any:
    """A number, text or sequence as json has it."""
    if isinstance(value, (tuple, list)):
        return [_plain(item) for item in value]
    return value.tolist() if isinstance(value, (np.ndarray, np.generic)) else value


def _file_state(path: str) -> tuple[str, int, int]:
    found = os.stat(path)
    return path, found.st_size, found.st_mtime_ns


def _key(content: dict) -> str:
    text = json.dumps(content, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
