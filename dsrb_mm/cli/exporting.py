"""Export of a config's model to ONNX, checked against PyTorch."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from dsrb_mm.apis import InputPipeline, load_model
from dsrb_mm.export import check_onnx, export_onnx
from dsrb_mm.export.onnx_export import OPSET, require_packages


def export_model(
    cfg: Config,
    checkpoint: str | Path,
    out: str | Path,
    size: tuple[int, int] | None = None,
    opset: int = OPSET,
    classes: Sequence[str] | str | None = None,
    check: bool = True,
) -> tuple[tuple[int, int], dict[str, float]]:
    """Export a model.

    Args:
        cfg: Config.
        checkpoint: Its weights.
        out: File to write.
        size: Height and width of the pictures; None: what the test pipeline makes.
        opset: Version of the ONNX operators.
        classes: Category names, or their file; None: those of the checkpoint.
        check: Whether the file is run with onnxruntime and compared.

    Returns:
        The size, and the largest deviations from PyTorch (empty without ``check``).

    Raises:
        ImportError: A package of the extra ``export`` is missing.
        ValueError: Config, checkpoint and names do not fit each other.
    """
    require_packages('onnx', 'onnxscript', *(['onnxruntime'] if check else []))
    model = load_model(cfg, checkpoint, 'cpu', classes)
    pipeline = InputPipeline(cfg)
    size = size or pipeline.input_size()
    metadata = dict(test_pipeline=json.dumps(pipeline.steps, default=str))
    names = model._dataset_meta.get('classes')
    path = export_onnx(model, out, size, opset, names, metadata)
    return size, check_onnx(model, path) if check else {}
