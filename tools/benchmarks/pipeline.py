"""Speed of an input pipeline, whole and transform by transform."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import mmcv
import numpy as np
from mmcv.transforms import BaseTransform, Compose
from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import TRANSFORMS

from dsrb_mm.datasets.wrappers import innermost_configs
from tools.benchmarks.measure import Timing, interleaved

NUM_IMAGES = 16
BACKENDS = ('cv2', 'pillow', 'turbojpeg')


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
    """Time the config's training pipeline, an image a call.

    Args:
        config: A config whose ``train_pipeline`` begins with loading the image.
        repeats: Repeats.

    Returns:
        Seconds an image: the pipeline as it is, with each of MMCV's decoders that is installed, and
        each transform.
    """
    init_default_scope('mmpretrain')
    threads = cv2.getNumThreads()
    cv2.setNumThreads(0)  # a worker process has one core
    try:
        with TemporaryDirectory() as folder:
            return _measure(config, write_photographs(Path(folder)), repeats)
    finally:
        cv2.setNumThreads(threads)


def _measure(config: Config, paths: list[str], repeats: int) -> dict[str, Timing]:
    photographs = [_image(path) for path in paths]
    base = innermost_configs(config.train_dataloader.dataset)[0].pipeline
    cases = {'whole': _over(Compose([TRANSFORMS.build(step) for step in base]), photographs)}
    for backend in BACKENDS:
        if backend == 'turbojpeg' and mmcv.image.io.TurboJPEG is None:
            continue
        first = dict(type='LoadImageFromFile', imdecode_backend=backend)
        whole = Compose([TRANSFORMS.build(step) for step in [first, *base[1:]]])
        cases[f'whole, decoded by {backend}'] = _over(whole, photographs)
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


def _image(path: str) -> dict:
    return dict(img_path=path, gt_score=np.zeros(80, np.float32))


def _over(transform: BaseTransform | Compose, inputs: list[dict]) -> Callable[[], None]:
    def run() -> None:
        for item in inputs:
            transform(dict(item))

    return run
