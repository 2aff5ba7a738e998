"""Export of a config's model to ONNX, checked against PyTorch."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config

from dsrb_mm.apis import InputPipeline, load_model
from dsrb_mm.export import check_onnx, describe_input, export_onnx
from dsrb_mm.export.onnx_export import OPSET, require_packages


def export_model(
    cfg: Config,
    checkpoint: str | Path,
    out: str | Path,
    size: tuple[int, int] | None = None,
    opset: int = OPSET,
    classes: Sequence[str] | str | None = None,
    check: bool = True,
) -> list[str]:
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
        What a user should know of the file, a line each.

    Raises:
        ImportError: A package of the extra ``export`` is missing.
        ValueError: Config, checkpoint and names do not fit each other.
    """
    require_packages('onnx', 'onnxscript', *(['onnxruntime'] if check else []))
    model = load_model(cfg, checkpoint, 'cpu', classes)
    pipeline = InputPipeline(cfg)
    size = size or pipeline.input_size()
    deviations: dict[str, float] = {}

    def compare(unfinished: Path) -> None:
        if check:
            deviations.update(check_onnx(model, unfinished))

    path = export_onnx(model, out, size, opset, check=compare)
    lines = [f'{path}: opset {opset}, pictures of {size[0]} x {size[1]}, any batch size']
    missing = describe_input(pipeline.steps, size, model.data_preprocessor)['not_described']
    if missing:
        lines.append(
            'the metadata describe the test pipeline but for its steps '
            f'{", ".join(missing)}: see test_pipeline there'
        )
    if deviations:
        text = ', '.join(f'{name} {value:.1e}' for name, value in deviations.items())
        lines.append(f'largest deviation from PyTorch: {text}')
    return lines
