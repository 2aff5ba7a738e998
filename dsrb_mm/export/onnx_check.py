"""Comparison of an exported file with the model it was made of."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import torch
from torch import nn

from dsrb_mm.export.export_module import ExportModule
from dsrb_mm.export.onnx_export import require_packages

TOLERANCE = 1e-4


def check_onnx(
    model: nn.Module,
    path: str | Path,
    batch_sizes: Sequence[int] = (1, 3),
    tolerance: float = TOLERANCE,
) -> dict[str, float]:
    """Run an ONNX file and its model on the same random pictures, on the CPU.

    Args:
        model: What was exported.
        path: The file.
        batch_sizes: Numbers of pictures to run at once.
        tolerance: Largest absolute deviation allowed.

    Returns:
        Largest absolute deviation of each output over all batch sizes.

    Raises:
        ImportError: onnxruntime is not installed.
        ValueError: An output deviates by more than ``tolerance``, or is NaN.
    """
    require_packages('onnxruntime')
    import onnxruntime

    session = onnxruntime.InferenceSession(str(path), providers=['CPUExecutionProvider'])
    (images,) = session.get_inputs()
    names = [output.name for output in session.get_outputs()]
    module = ExportModule(model)
    generator = torch.Generator().manual_seed(0)
    deviations = dict.fromkeys(names, 0.0)
    for size in batch_sizes:
        pictures = torch.randint(256, (size, *images.shape[1:]), generator=generator).float()
        with torch.no_grad():
            expected = module(pictures)
        found = session.run(names, {images.name: pictures.numpy()})
        for name, one, other in zip(names, expected, found, strict=True):
            if tuple(one.shape) != other.shape:
                raise ValueError(
                    f'expected {name} of {path} to be of shape {tuple(one.shape)} for {size} '
                    f'pictures, but got {other.shape}'
                )
            deviation = float((one - torch.from_numpy(other)).abs().max())
            if not deviation <= tolerance:  # nor NaN
                raise ValueError(
                    f'expected {name} of {path} to equal those of PyTorch within {tolerance:g}, '
                    f'but got a deviation of {deviation:g} for {size} pictures'
                )
            deviations[name] = max(deviations[name], deviation)
    return deviations
