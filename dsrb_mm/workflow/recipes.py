"""Configs composed of shipped parts: a recipe for the data, and a method."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config

import dsrb_mm
from dsrb_mm.engine.budget import scale_epochs

# Base config of a recipe, by its name.
RECIPES = {'frozen': 'frozen_csv', 'fine-tuned': 'modern_csv'}
# What both train by default, and where no label is known to be absent.
DEFAULT, POSITIVES_ONLY = 'saliency', 'saliency_an'
DEFAULT_METHOD = 'default'
# Two views per image need another pipeline than the other methods have.
_NOT_COMPOSED = ('sr',)
# Endings of files that adapt a method to a recipe, the likeliest first; without: as published.
_VARIANTS = {'frozen': ('_small_data', '_modern', ''), 'fine-tuned': ('_modern', '')}


def config_folder() -> Path:
    """Folder of the shipped configs, in an installation or a checkout.

    Raises:
        FileNotFoundError: There is none.
    """
    package = Path(dsrb_mm.__file__).parent
    for folder in (package / '.mim' / 'configs', package.parent / 'configs'):
        if folder.is_dir():
            return folder
    raise FileNotFoundError(f'the configs of dsrb_mm are missing: no {package}/.mim/configs')


def method_names() -> list[str]:
    """Names of the methods that go with every recipe.

    Example:
        >>> 'splc' in method_names()
        True
    """
    files = (config_folder() / '_base_' / 'methods').glob('*.py')
    names = {file.stem.removesuffix('_modern').removesuffix('_small_data') for file in files}
    return [DEFAULT_METHOD, *sorted(names.difference(_NOT_COMPOSED))]


def compose(recipe: str, method: str | None = None, only_present: bool = False) -> Config:
    """Compose the config of a recipe with a method, without data.

    Args:
        recipe: ``'frozen'``: neck and head on a frozen EfficientNet-Lite0, minutes on a CPU.
            ``'fine-tuned'``: the whole of a ResNet-101 with the modern recipe, for a GPU.
        method: One of :func:`method_names`, with its settings for this recipe. None or
            ``'default'`` takes saliency pooling, on a frozen backbone with its saliency weight
            chosen (:class:`SaliencyWeightHook`).
        only_present: Whether no label is known to be absent: unless a method is named, unknown ones
            are then taken for absent.

    Returns:
        The complete config, without a base.

    Raises:
        ValueError: Unknown recipe or method.

    Example:
        >>> compose('frozen', 'bce').model.head.type
        'PartialLabelLinearHead'
    """
    if recipe not in RECIPES:
        raise ValueError(f'expected recipe to be one of {", ".join(RECIPES)}, but got {recipe!r}')
    method = method or DEFAULT_METHOD
    if method not in method_names():
        raise ValueError(
            f'expected method to be one of {", ".join(method_names())}, but got {method!r}'
        )
    default = method == DEFAULT_METHOD
    if default:
        method = POSITIVES_ONLY if only_present else DEFAULT
    folder = config_folder() / '_base_'
    variants = [folder / 'methods' / f'{method}{ending}.py' for ending in _VARIANTS[recipe]]
    file = next(file for file in variants if file.is_file())
    bases = [str(folder / f'{RECIPES[recipe]}.py'), str(file)]
    model = 'backbone={{_base_.backbone}}'
    # As the shipped configs of simple heads on a frozen backbone have it.
    head = Config.fromfile(bases[1]).model.head
    if recipe == 'frozen' and head.type in ('PartialLabelLinearHead', 'SaliencyHead'):
        model += ', head={{_base_.start}}'
    elif recipe == 'frozen':
        # As configs/dsrb_csv_cpu.py: small maps, and few steps in which to learn the base rates.
        model += ", neck=dict(pool_size=1), head=dict(bias_init='known_prior')"
    with TemporaryDirectory() as temporary:
        composed = Path(temporary) / 'composed.py'
        lines = [f'_base_ = {bases!r}', f'model = dict({model})']
        if default and recipe == 'frozen':
            lines.append("custom_hooks = [dict(type='SaliencyWeightHook')]")
        composed.write_text('\n'.join(lines), encoding='utf-8')
        cfg = Config.fromfile(composed)
    epochs = cfg.train_cfg.max_epochs
    scale_epochs(cfg.model, epochs / cfg.pop('method_epochs', epochs))
    return cfg
