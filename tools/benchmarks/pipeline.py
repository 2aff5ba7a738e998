"""Speed of an input pipeline, whole and transform by transform."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np
import torch
from mmcv.transforms import BaseTransform, Compose
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import TRANSFORMS
from PIL import Image
from timm.data import create_transform

from dsrb_mm.datasets import use_cached_images
from dsrb_mm.datasets.wrappers import innermost_configs
from tools.benchmarks.measure import Timing, interleaved

NUM_IMAGES = 16
BY_PILLOW = 'whole by Pillow'


def write_photographs(folder: Path, number: int = NUM_IMAGES) -> list[str]:
    """JPEG files that cost about as much to decode as photographs (COCO's are 640 x 480)."""
    rng = np.random.default_rng(0)
    paths = []
    for index in range(number):
        # Noise at several scales, as in photographs: blocks of all frequencies to decode.
        image = sum(
            cv2.resize(rng.normal(0, 60 / level, (480 // 2**level, 640 // 2**level, 3)), (640, 480))
            for level in range(1, 6)
        )
        path = folder / f'{index}.jpg'
        cv2.imwrite(str(path), np.clip(image + 128, 0, 255).astype(np.uint8))
        paths.append(str(path))
    return paths


def measure_pipeline(config: Config, repeats: int) -> dict[str, Timing]:
    """Time the config's training pipeline, an image a call, and what users could take instead.

    Args:
        config: A config whose ``train_pipeline`` begins with loading the image.
        repeats: Repeats.

    Returns:
        Seconds an image: the pipeline as it is, the same on cached images, by Pillow (MMCV's
        transforms), with MMCV's decoder OpenCV, timm's training transform, and each transform of
        the pipeline.
    """
    init_default_scope('mmpretrain')
    threads = cv2.getNumThreads(), torch.get_num_threads()
    cv2.setNumThreads(0)  # a worker process has one core
    torch.set_num_threads(1)
    try:
        with TemporaryDirectory() as folder:
            return _measure(config, write_photographs(Path(folder)), repeats)
    finally:
        cv2.setNumThreads(threads[0])
        torch.set_num_threads(threads[1])


def _measure(config: Config, paths: list[str], repeats: int) -> dict[str, Timing]:
    photographs = [_image(path) for path in paths]
    base = innermost_configs(config.train_dataloader.dataset)[0].pipeline
    cases = {
        'whole': _over(_build(base), photographs),
        'whole on cached images': _over(_on_cached_images(config, photographs), photographs),
        BY_PILLOW: _over(_build(_by_pillow(base, 'pillow')), photographs),
        'whole by Pillow, decoded by OpenCV': _over(_build(_by_pillow(base, 'cv2')), photographs),
        "timm's training transform": _timm(paths, config.train_pipeline),
    }
    inputs = photographs
    for position, step in enumerate(base):
        transform = TRANSFORMS.build(step)
        cases[f'{position + 1}. {step["type"]}'] = _over(transform, inputs)
        inputs = [transform(dict(item)) for item in inputs]
    timings = interleaved(cases, repeats)
    return {
        name: Timing(*(seconds / len(paths) for seconds in timing))
        for name, timing in timings.items()
    }


def _build(steps: list[dict]) -> Compose:
    return Compose([TRANSFORMS.build(step) for step in steps])


def _on_cached_images(config: Config, photographs: list[dict]) -> Compose:
    """The same pipeline as `tools/train.py --cached-images` has it."""
    folder = Path(photographs[0]['img_path']).parent
    with (folder / 'labels.csv').open('w') as file:
        file.writelines(['path,a\n', *(f'{Path(p["img_path"]).name},1\n' for p in photographs)])
    cfg = config.copy()
    cfg.val_dataloader = cfg.test_dataloader = None
    cfg.train_dataloader.dataset = dict(
        type='CSVMultiLabel',
        data_root=str(folder),
        ann_file='labels.csv',
        data_prefix=dict(img_path=''),
        pipeline=innermost_configs(config.train_dataloader.dataset)[0].pipeline,
    )
    return _build(use_cached_images(cfg, folder / 'cached').train_dataloader.dataset.pipeline)


def _by_pillow(steps: list[dict], decoder: str) -> list[dict]:
    """The same pipeline of MMCV's transforms."""
    pillow = dict(type='Resize', backend='pillow', interpolation='bicubic')
    return [
        dict(type='LoadImageFromFile', imdecode_backend=decoder),
        *[{**s, **pillow} if s['type'] == 'AntialiasedResize' else s for s in steps[1:]],
    ]


def _timm(paths: list[str], steps: list[dict]) -> Callable[[], None]:
    """What timm does to an image of the same final size in training, without RandAugment."""
    (*_, size) = [step['scale'][0] for step in steps if 'scale' in step]
    transform = create_transform(size, is_training=True, auto_augment=None, color_jitter=0.0)

    def run() -> None:
        for path in paths:
            with Image.open(path) as image:
                transform(image.convert('RGB'))

    return run


def _image(path: str) -> dict:
    return dict(img_path=path, gt_score=np.zeros(80, np.float32))


def _over(transform: BaseTransform | Compose, inputs: list[dict]) -> Callable[[], None]:
    def run() -> None:
        for item in inputs:
            transform(dict(item))

    return run
