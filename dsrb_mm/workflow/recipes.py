"""Configs composed of shipped parts: a recipe for the data, and a method."""

from __future__ import annotations

from pathlib import Path
from tempfile import TemporaryDirectory

from mmengine.config import Config

import dsrb_mm

# What a recipe trains, by its name: base config, and the method that it takes by default.
RECIPES = {
    'frozen': ('frozen_csv', 'saliency_pair'),
    'fine-tuned': ('modern_csv', 'saliency'),
}
# What both take where no label is known to be absent.
POSITIVES_ONLY = 'saliency_pair_an'
# Two views per image need another pipeline than the other methods have.
_NOT_COMPOSED = ('sr',)


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
    return sorted(file.stem for file in files if file.stem not in _NOT_COMPOSED)


def compose(recipe: str, method: str | None = None) -> Config:
    """Compose the config of a recipe with a method, without data.

    Args:
        recipe: ``'frozen'``: neck and head on a frozen EfficientNet-Lite0, minutes on a CPU.
            ``'fine-tuned'``: the whole of a ResNet-101 with the modern recipe, for a GPU.
        method: One of :func:`method_names`; None uses the recipe's default.

    Returns:
        The complete config, without a base.

    Raises:
        ValueError: Unknown recipe or method.

    Example:
        >>> compose('frozen', 'bce').model.head.type
        'PartialLabelLinearHead'
    """
    if recipe not in RECIPES:
        raise ValueError(f'expected recipe to be one of {list(RECIPES)}, but got {recipe!r}')
    base, default = RECIPES[recipe]
    method = method or default
    if method not in method_names():
        raise ValueError(
            f'expected method to be one of {", ".join(method_names())}, but got {method!r}'
        )
    folder = config_folder() / '_base_'
    bases = [str(folder / f'{base}.py'), str(folder / 'methods' / f'{method}.py')]
    model = 'backbone={{_base_.backbone}}'
    # As the shipped configs of simple heads on a frozen backbone have it.
    head = Config.fromfile(bases[1]).model.head
    if recipe == 'frozen' and head.type in ('PartialLabelLinearHead', 'SaliencyHead'):
        model += ', head={{_base_.start}}'
    with TemporaryDirectory() as temporary:
        file = Path(temporary) / 'composed.py'
        file.write_text(f'_base_ = {bases!r}\nmodel = dict({model})\n', encoding='utf-8')
        return Config.fromfile(file)
