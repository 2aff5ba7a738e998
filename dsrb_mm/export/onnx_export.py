"""Export of a whole classifier to ONNX."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import torch
from torch import nn

from dsrb_mm.export.export_module import ExportModule
from dsrb_mm.export.file_metadata import file_metadata
from dsrb_mm.fileio.atomic import whole_file
from dsrb_mm.version import __version__

OPSET = 18


def require_packages(*names: str) -> None:
    """Check what exporting needs and the package itself does not.

    Raises:
        ImportError: A package is missing or PyTorch is too old; the message says how to get it.
    """
    missing = [name for name in names if importlib.util.find_spec(name) is None]
    if not hasattr(getattr(torch, 'compiler', None), 'is_exporting'):
        missing.append(f'torch>=2.7 (here: {torch.__version__})')
    if missing:
        raise ImportError(
            f"export to ONNX needs {' and '.join(missing)}: pip install 'dsrb_mm[export]'"
        )


def export_onnx(
    model: nn.Module,
    path: str | Path,
    input_size: tuple[int, int],
    opset: int = OPSET,
    classes: Sequence[str] | None = None,
    metadata: Mapping[str, str] | None = None,
    check: Callable[[Path], object] | None = None,
) -> Path:
    """Write a model as one ONNX file that needs nothing but resized pictures.

    Input ``images``: RGB, float32, 0 to 255, any batch size. Outputs ``scores`` (probabilities,
    calibrated where the checkpoint has a calibration), ``logits`` and, of a model with
    :class:`CSRLNeck`, ``attention``. The file's metadata holds ``input``, ``outputs``, ``opset``,
    ``dsrb_mm`` (version), what :func:`file_metadata` gives, and ``metadata``.

    Args:
        model: MMPretrain's ``ImageClassifier`` with a multi-label head. It is left as it is.
        path: File to write; its folder is made.
        input_size: Height and width of the pictures.
        opset: Version of the ONNX operators.
        classes: Category names; None takes the model's.
        metadata: Further entries.
        check: Called with the file before it gets its name; if it raises, there is no file.

    Returns:
        The file written.

    Raises:
        ImportError: onnx or onnxscript is not installed.
        ValueError: ``input_size`` or ``opset`` out of range.
    """
    require_packages('onnx', 'onnxscript')
    height, width = input_size
    if height < 1 or width < 1:
        raise ValueError(f'expected input_size to be positive, but got {input_size}')
    _check_opset(opset)
    module = ExportModule(model)
    program = _trace(module, height, width, opset)
    entries = {
        'input': f'images: RGB, float32, 0 to 255, (batch, 3, {height}, {width})',
        'outputs': ', '.join(module.output_names),
        'opset': str(opset),
        'dsrb_mm': __version__,
        **file_metadata(model, (height, width), classes),
        **(metadata or {}),
    }
    _describe(program.model, entries)
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    with whole_file(path) as unfinished:
        program.save(unfinished)
        if check is not None:
            check(unfinished)
    return path


def _check_opset(opset: int) -> None:
    from onnx.defs import onnx_opset_version

    if not OPSET <= opset <= onnx_opset_version():
        raise ValueError(
            f'expected opset to be from {OPSET} to {onnx_opset_version()}, the latest of the onnx '
            f'installed, but got {opset}'
        )


def _trace(module: ExportModule, height: int, width: int, opset: int):
    """The ONNX program of a module, for any batch size."""
    # Of one image torch.export would conclude that the batch size is always 1.
    example = torch.zeros(2, 3, height, width)
    with torch.no_grad():
        program = torch.onnx.export(
            module,
            (example,),
            input_names=['images'],
            output_names=module.output_names,
            dynamic_shapes=({0: torch.export.Dim('batch')},),
            opset_version=opset,
            dynamo=True,
            verbose=False,
        )
    written = program.model.opset_imports['']
    if written != opset:  # the exporter only warns where it cannot convert
        raise ValueError(f'expected the model to be written in opset {opset}, but got {written}')
    return program


def _describe(model, entries: Mapping[str, str]) -> None:
    """Set the metadata; drop those of nodes, which hold the source paths of this machine."""
    model.metadata_props.update(entries)
    graph = model.graph
    graph.metadata_props.clear()
    for node in graph.all_nodes():
        node.metadata_props.clear()
        for value in node.outputs:
            value.metadata_props.clear()
