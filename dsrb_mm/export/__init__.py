"""Models for use without PyTorch."""

from .export_module import ExportModule
from .onnx_check import check_onnx
from .onnx_export import export_onnx

__all__ = ['ExportModule', 'check_onnx', 'export_onnx']
