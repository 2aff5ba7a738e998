"""What a training step of each method costs beside one of partial BCE."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import torch
from mmengine.config import Config
from mmengine.optim import OptimWrapper
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample

from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.models import MethodPart
from dsrb_mm.models.method_part import TrainingProgress
from tools.benchmarks.measure import interleaved
from tools.benchmarks.rows import Options, Row

_PATTERN = '*_voc_modern.py'
_CATEGORIES, _IMAGES = 20, 5_011  # of VOC 2007
_POSITIVE_RATE, _KNOWN = 0.073, 0.5


def channels_last(options: Options) -> Iterator[Row]:
    """The same step of partial BCE and DSRB with images and weights in either order."""
    folder = Path(options.config.filename).parent
    for method in ('bce', 'dsrb'):
        file = folder / f'{method}{_PATTERN[1:]}'
        times = interleaved(
            {
                'contiguous': _step(file, options, torch.contiguous_format),
                'channels last': _step(file, options),
            },
            options.repeats,
        )
        for order, timing in times.items():
            ratio = timing.median / times['contiguous'].median
            label = f'{method}, {_label(options)}'
            yield Row('channels_last', label, order, timing, None, ratio, 'contiguous')


def methods(options: Options) -> Iterator[Row]:
    """The whole training step of every method with the modern recipe, relative to partial BCE.

    The backbone of the config has random weights, and all of it is trained; sizes of VOC 2007. What
    a method does only every few epochs (passes over the training set) is not part of it.
    """
    folder = Path(options.config.filename).parent
    files = {file.name.removesuffix(_PATTERN[1:]): file for file in sorted(folder.glob(_PATTERN))}
    unknown = set(options.methods) - set(files)
    if unknown:
        raise ValueError(f'expected methods to be among {list(files)}, but got {sorted(unknown)}')
    baseline = _step(files['bce'], options)
    for file in map(files.__getitem__, options.methods or files):
        method = Config.fromfile(file).method
        times = interleaved({'BCE': baseline, method: _step(file, options)}, options.repeats)
        ratio = times[method].median / times['BCE'].median
        yield Row('methods', _label(options), method, times[method], None, ratio, 'BCE')


def _label(options: Options) -> str:
    return f'{options.size} px, batch {max(options.batches)}, p = {_KNOWN}'


def _step(
    file: Path, options: Options, order: torch.memory_format = torch.channels_last
) -> Callable[[], Any]:
    """A training step of a config in the last part of its training, when all parts are at work."""
    init_default_scope('mmpretrain')
    cfg = Config.fromfile(file)
    cfg.model.backbone = dict(options.config.model.backbone, frozen_stages=-1, init_cfg=None)
    complete_model(cfg, classes=[str(i) for i in range(_CATEGORIES)])
    cfg.model.setdefault('data_preprocessor', cfg.data_preprocessor)
    model = MODELS.build(cfg.model).to(options.device, memory_format=order)
    generator = torch.Generator().manual_seed(0)
    label, hide = torch.rand(2, _IMAGES, _CATEGORIES, generator=generator)
    labels = (label < _POSITIVE_RATE).float().masked_fill(hide >= _KNOWN, -1)
    batch = max(options.batches)
    images = list(torch.randint(0, 256, (batch, 3, options.size, options.size), dtype=torch.uint8))
    samples = [
        DataSample(metainfo=dict(sample_idx=i)).set_gt_score(row)
        for i, row in enumerate(labels[:batch])
    ]
    data = dict(inputs=images, data_samples=samples)
    parts = [module for module in model.modules() if isinstance(module, MethodPart)]
    for part in parts:
        part.see_labels(labels.numpy())
    # The middle of an epoch late in the training.
    length, epochs = _IMAGES // batch, cfg.train_cfg.max_epochs
    progress = TrainingProgress(int((epochs - 1.5) * length), length, epochs * length)
    observing = [p for p in parts if type(p).pass_is_due is not MethodPart.pass_is_due]
    _observe(model, observing, data, progress)
    for part in parts:
        part.advance(progress)
    if cfg.data_preprocessor.get('type') == 'ViewsDataPreprocessor':
        data = dict(inputs=[images, images], data_samples=samples)
    trained = [p for p in model.parameters() if p.requires_grad]
    optimizer = OptimWrapper(torch.optim.SGD(trained, lr=0.0))
    model.train()
    return lambda: model.train_step(data, optimizer)


@torch.no_grad()
def _observe(
    model: torch.nn.Module, parts: list[MethodPart], data: dict, progress: TrainingProgress
) -> None:
    """A pass over a few images, from which prototypes and labels are made."""
    if not parts:
        return
    ready = model.eval().data_preprocessor(data, False)
    batch = model.head.observed_batch(model.extract_feat(ready['inputs']), ready['data_samples'])
    for part in parts:
        part.start_pass(progress)
        part.observe(batch)
        part.finish_pass()
