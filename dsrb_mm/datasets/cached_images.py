"""From a config that decodes and resizes images anew to one that reads them resized from disk."""

from __future__ import annotations

import copy
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.dataset import Compose
from mmengine.registry import init_default_scope
from mmengine.runner import Runner
from mmpretrain.registry import DATASETS
from rich.progress import track

from dsrb_mm.datasets.config_data import (
    has_split,
    image_paths,
    innermost_of_splits,
    loader_settings,
)
from dsrb_mm.fileio.array_store import alone_in, is_finished, store_folder, write_store

FOLDER = 'work_dirs/images'
_LOADING = ('LoadCheckedImageFromFile', 'LoadImageFromFile')
# Steps of a pipeline that turn an image into the same image every time.
DETERMINISTIC = (
    *_LOADING, 'AntialiasedResize', 'Resize', 'ResizeEdge', 'CenterCrop', 'Pad',
)  # fmt: skip


def use_cached_images(cfg: Config, folder: str | Path = FOLDER) -> Config:
    """Config of the same training on images that are decoded and resized already.

    Of the pipelines of training and validation, the steps up to the first random one are run once
    for every image, and the results kept on disk as they are, uncompressed: an image of 512 x 512
    takes 0.8 MB. The training sees exactly what it would see without. The test pipeline stays, by
    which images are predicted that no store has; without one, that of validation stays.

    Args:
        cfg: Config whose pipelines load an image and resize all images to one size before anything
            random happens.
        folder: Where the images of all configs lie, each data set in a folder named by a hash of
            the steps and of the image files with size and time of change.

    Returns:
        The changed copy.

    Raises:
        ValueError: A pipeline does not begin that way, or images differ in size after it.
        FileNotFoundError: Annotations or images are missing.
        OSError: The disk lacks the space.

    Example:
        >>> cfg = use_cached_images(Config.fromfile('configs/dsrb_voc_p50.py'))
        >>> Runner.from_cfg(cfg).train()
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    cfg = copy.deepcopy(cfg)
    splits = ['train']
    if has_split(cfg, 'test'):
        splits.append('val')
        # A config's test_dataloader may be its val_dataloader, the very same object.
        cfg.test_dataloader = copy.deepcopy(cfg.test_dataloader)
    cut = [
        (part, _deterministic_steps(split, part['pipeline']))
        for split, part in innermost_of_splits(cfg, splits)
    ]
    loader = {k: v for k, v in loader_settings(cfg).items() if k in ('batch_size', 'num_workers')}
    for dataset, number in cut:
        steps = list(dataset['pipeline'])
        store = _store_of(dataset, steps[:number], Path(folder), loader)
        dataset['pipeline'] = [dict(type='LoadCachedImage', folder=str(store)), *steps[number:]]
    return cfg


def _deterministic_steps(split: str, pipeline: Sequence[dict]) -> int:
    """How many steps at the start of a pipeline give the same every time."""
    kinds = [str(step.get('type')) for step in pipeline]
    number = next((i for i, kind in enumerate(kinds) if kind not in DETERMINISTIC), len(kinds))
    if number < 2 or kinds[0] not in _LOADING:
        raise ValueError(
            f'expected the {split} pipeline to load images and to resize them before it does '
            f'anything random, but its steps are {", ".join(kinds)}; known to give the same every '
            f'time are {", ".join(DETERMINISTIC)}. Put a Resize after the first step'
        )
    return number


def _store_of(dataset: dict, steps: Sequence[dict], folder: Path, loader: dict) -> Path:
    """Folder of the images of a data set after some steps; computed unless they are there."""
    images = list(dict.fromkeys(image_paths(DATASETS.build(dataset))))
    samples = PipelineSamples(images, steps)
    like = samples[0]['img']
    content = dict(pipeline=list(steps))
    store = store_folder(folder, content, images)
    with alone_in(store):
        if not is_finished(store):
            batches = sample_batches(samples, loader, 'decoding and resizing')
            arrays = ((sample.pop('img')[None], [sample]) for batch in batches for sample in batch)
            write_store(store, images, like, arrays, content, 'pixels')
    return store


class PipelineSamples(torch.utils.data.Dataset):
    """Images after the steps of a pipeline, without labels.

    Args:
        images: Image files.
        pipeline: Configs of the steps.
    """

    def __init__(self, images: Sequence[str], pipeline: Sequence[dict]) -> None:
        self.images = images
        self.pipeline = Compose(pipeline)

    def __len__(self) -> int:
        return len(self.images)

    def __getitem__(self, index: int) -> dict[str, Any]:
        return self.pipeline(dict(img_path=self.images[index]))


def sample_batches(
    samples: PipelineSamples, loader: dict, description: str
) -> Iterable[list[dict]]:
    """All samples in order, in lists, with a progress bar.

    Args:
        samples: The samples.
        loader: ``batch_size`` and ``num_workers``.
        description: What the bar says.
    """
    batches = Runner.build_dataloader(
        dict(
            **loader,
            dataset=samples,
            sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=list,
        ),
        seed=0,
    )
    return track(batches, description, transient=True)
