"""Models for use without PyTorch."""

from .export_module import ExportModule
from .file_metadata import file_metadata
from .input_description import describe_input
from .onnx_check import check_onnx
from .onnx_export import export_onnx

__all__ = ['ExportModule', 'check_onnx', 'describe_input', 'export_onnx', 'file_metadata']
