"""What is measured: one training step of neck and head, of whole classifiers, and the floor."""

from __future__ import annotations

import copy
from collections.abc import Callable
from functools import partial

import torch
from mmengine.config import Config
from mmengine.optim import AmpOptimWrapper, OptimWrapper
from mmengine.registry import init_default_scope
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from torch import Tensor, nn
from torch.nn import functional as F

from dsrb_mm.models import PartialLabelHead, TrainingProgress
from dsrb_mm.models.complements.prototype_bank import NUM_LOCATIONS, PrototypeBank
from dsrb_mm.models.model_sizes import fill_in_sizes
from tools.benchmarks.dense_step import DenseStep

CATEGORIES = 80  # of MS-COCO 2014
POSITIVE_RATE = 0.036  # of MS-COCO 2014: 2.9 of 80 categories


class Setting:
    """Sizes and device shared by the forms that are compared.

    Args:
        config: A DSRB config; its model is measured, its weights are random.
        num_classes: Number of categories C; None takes the config's, or that of MS-COCO 2014.
        device: Device.
        amp: Whether to use automatic mixed precision.
    """

    def __init__(
        self, config: Config, num_classes: int | None, device: torch.device, amp: bool
    ) -> None:
        init_default_scope('mmpretrain')
        model = copy.deepcopy(config.model)
        model.backbone.init_cfg = None
        if num_classes is not None and num_classes != model.head.get('num_classes', CATEGORIES):
            model.neck.update(num_classes=num_classes, word_vectors=None)
            model.head.num_classes = num_classes
        fill_in_sizes(model, lambda: CATEGORIES)
        self.model = model.to_dict()
        self.num_classes = model.head.num_classes
        self.data_preprocessor = config.data_preprocessor.to_dict()
        self.data_preprocessor['num_classes'] = self.num_classes
        self.device = device
        self.amp = amp

    def autocast(self) -> torch.autocast:
        """Mixed precision as the optimiser wrapper of a training would set it."""
        return torch.autocast(self.device.type, enabled=self.amp)

    def target(self, batch: int, known_proportion: float) -> Tensor:
        """Labels (B, C) of which a proportion is known, at COCO's rate of positives."""
        generator = torch.Generator().manual_seed(0)
        label, hide = torch.rand(2, batch, self.num_classes, generator=generator)
        positive = (label < POSITIVE_RATE).float()
        return positive.masked_fill(hide >= known_proportion, -1).to(self.device)

    def samples(self, batch: int, known_proportion: float) -> list[DataSample]:
        """The same labels as data samples."""
        return [DataSample().set_gt_score(row) for row in self.target(batch, known_proportion)]

    def neck_and_head(self) -> tuple[nn.Module, nn.Module]:
        """Neck and head in training mode, blending, with a label graph and prototypes."""
        neck, head = (MODELS.build(self.model[part]) for part in ('neck', 'head'))
        prepare_head(head, self.model['neck']['out_channels'])
        return neck.to(self.device).train(), head.to(self.device).train()

    def classifier(self, plain: bool) -> nn.Module:
        """The config's DSRB, or its backbone under MMPretrain's plain multi-label head."""
        model = dict(self.model, data_preprocessor=self.data_preprocessor)
        if plain:
            head = dict(type='MultiLabelLinearClsHead', loss=dict(type='PartialBCELoss'))
            head.update(num_classes=self.num_classes, in_channels=self.model['neck']['in_channels'])
            model.update(neck=dict(type='GlobalAveragePooling'), head=head)
        classifier = MODELS.build(model)
        if not plain:
            prepare_head(classifier.head, self.model['neck']['out_channels'])
        return classifier.to(self.device, memory_format=torch.channels_last)


def prepare_head(head: nn.Module, channels: int) -> None:
    """Give a head what it would have when blending begins: label graph and prototypes."""
    classes = head.num_classes
    head.graph.set_adjacency(torch.rand(classes, classes) * POSITIVE_RATE)
    for complement in head.complements.values():
        complement.set_active(True)
    for bank in prototype_banks(head):
        bank.prototypes = torch.randn(classes, NUM_LOCATIONS, channels)
        bank.counts = torch.ones(classes, NUM_LOCATIONS, dtype=torch.long)


def prototype_banks(head: nn.Module) -> list[PrototypeBank]:
    """The banks of prototypes in a head."""
    return [module for module in head.modules() if isinstance(module, PrototypeBank)]


def backward(losses: dict[str, Tensor], parameters: list[Tensor]) -> None:
    """Backward pass of the losses; gradients are dropped as an optimiser's zero_grad would."""
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    for parameter in parameters:
        parameter.grad = None


def neck_and_head_step(
    setting: Setting, side: int, batch: int, known_proportion: float
) -> dict[str, Callable[[], None]]:
    """One step of neck, head and losses, forward and backward, in each form.

    Returns:
        ``dsrb``; ``all entries``: without the shortcuts for what no loss reads; ``dense``: the
        formulas as they stand; ``floor``: the matrix products of three graph passes alone.
    """
    neck, head = setting.neck_and_head()
    pool = setting.model['neck'].get('pool_size', 2)
    shape = (batch, setting.model['neck']['in_channels'], side * pool, side * pool)
    image_map = torch.rand(shape, device=setting.device)
    samples = setting.samples(batch, known_proportion)
    target = torch.stack([sample.gt_score for sample in samples])
    dense = DenseStep(neck, head, prototype_banks(head)[0].prototypes, side)
    parameters = [*neck.parameters(), *head.parameters()]

    complete = partial(PartialLabelHead.classify_variants, head)
    shortcut = head.classify_variants

    def step(classify_variants: Callable) -> None:
        head.classify_variants = classify_variants
        with setting.autocast():
            losses = head.loss(neck((image_map.clone().requires_grad_(),)), samples)
        backward(losses, parameters)

    def dense_step() -> None:
        with setting.autocast():
            losses = dense(image_map.clone().requires_grad_(), target)
        backward(losses, parameters)

    return {
        'dsrb': lambda: step(shortcut),
        'all entries': lambda: step(complete),
        'dense': dense_step,
        'floor': graph_products(setting, head, 3 * batch),
    }


def head_step(
    setting: Setting, kind: str, side: int, batch: int, known_proportion: float
) -> Callable[[], None]:
    """One step of a linear or saliency head on maps of a backbone, forward and backward."""
    channels = setting.model['neck']['in_channels']
    loss = dict(type='PartialBCELoss')
    config = dict(type=kind, num_classes=setting.num_classes, in_channels=channels, loss=loss)
    head = MODELS.build(config).to(setting.device).train()
    maps = torch.rand(batch, channels, side, side, device=setting.device)
    if kind == 'PartialLabelLinearHead':
        maps = maps.mean((2, 3))
    samples = setting.samples(batch, known_proportion)

    def step() -> None:
        with setting.autocast():
            losses = head.loss((maps.clone().requires_grad_(),), samples)
        backward(losses, list(head.parameters()))

    return step


def graph_products(setting: Setting, head: nn.Module, images: int) -> Callable[[], None]:
    """The matrix products of the graph network over some images, forward and backward."""
    layers = (head.graph.message, head.graph.gates, head.graph.candidate)
    rows = images * setting.num_classes
    inputs = [torch.rand(rows, layer.in_features, device=setting.device) for layer in layers]
    grads = [torch.rand(rows, layer.out_features, device=setting.device) for layer in layers]

    def products() -> None:
        for _ in range(head.graph.steps):
            for layer, value, grad in zip(layers, inputs, grads, strict=True):
                with setting.autocast():
                    result = F.linear(value.requires_grad_(), layer.weight)
                torch.autograd.grad(result, (value, layer.weight), grad.to(result.dtype))

    return products


def training_step(
    setting: Setting, plain: bool, size: int, batch: int, known_proportion: float
) -> Callable[[], None]:
    """A whole training step as MMEngine's runner does it, optimiser included."""
    model = setting.classifier(plain).train()
    trained = [p for p in model.parameters() if p.requires_grad]
    wrapper = AmpOptimWrapper if setting.amp else OptimWrapper
    optimizer = wrapper(torch.optim.Adam(trained, lr=1e-5))
    data = images(setting, size, batch, known_proportion)
    return lambda: model.train_step(data, optimizer)


def inference(setting: Setting, plain: bool, size: int, batch: int) -> Callable[[], None]:
    """Predictions for a batch of images."""
    model = setting.classifier(plain).eval()
    data = images(setting, size, batch, 1.0)

    @torch.no_grad()
    def predict() -> None:
        with setting.autocast():
            model.test_step(data)

    return predict


def prototype_pass(setting: Setting, size: int, batch: int) -> Callable[[], None]:
    """What MethodHook does with a batch of images where prototypes are due."""
    model = setting.classifier(plain=False).eval()
    data = images(setting, size, batch, 0.5)
    parts = [part for part in model.head.complements.values() if prototype_banks(part)]
    for part in parts:
        part.start_pass(TrainingProgress(0, 1, 1))

    @torch.no_grad()
    def collect() -> None:
        ready = model.data_preprocessor(data, False)
        with setting.autocast():
            seen = model.head.observed_batch(
                model.extract_feat(ready['inputs']), ready['data_samples']
            )
        for part in parts:
            part.observe(seen)

    return collect


def images(setting: Setting, size: int, batch: int, known_proportion: float) -> dict:
    """A batch as the data loader gives it: 8-bit images and data samples on the host."""
    samples = [sample.to('cpu') for sample in setting.samples(batch, known_proportion)]
    inputs = torch.randint(0, 256, (batch, 3, size, size), dtype=torch.uint8)
    return dict(inputs=list(inputs), data_samples=samples)
