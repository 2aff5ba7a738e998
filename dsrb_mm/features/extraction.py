"""Running a frozen backbone once over all images of a data set."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmpretrain.registry import DATASETS, MODELS

from dsrb_mm.datasets.cached_images import PipelineSamples, sample_batches
from dsrb_mm.datasets.config_data import image_paths
from dsrb_mm.engine.quiet_building import quiet_building
from dsrb_mm.fileio.array_store import alone_in, is_finished, store_folder, write_store
from dsrb_mm.models.backbones.feature_input import weights_digest


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
        with quiet_building():
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
        samples = PipelineSamples(images, pipeline)
        (like,) = self._run([samples[0]])[0]
        content = dict(
            self._configs, pipeline=pipeline, weights=self._weights, map_shape=like.shape
        )
        folder = store_folder(self.folder, content, images)
        with alone_in(folder):
            if not is_finished(folder):
                batches = sample_batches(samples, self.loader, 'features of the frozen backbone')
                write_store(folder, images, like, map(self._run, batches), content)
        return folder, like.shape

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
        return maps.cpu().numpy().astype(np.float16), [
            dict(sample['data_samples'].metainfo_items()) for sample in batch
        ]
