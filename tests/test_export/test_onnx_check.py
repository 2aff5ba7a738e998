import importlib.util

import pytest
import torch

from dsrb_mm.export import check_onnx

pytest.importorskip('onnxruntime')
pytest.importorskip('onnxscript')


def test_an_exported_file_agrees_with_its_model(small_model, exported):
    deviations = check_onnx(small_model, exported)
    assert deviations.keys() == {'scores', 'logits', 'attention'}
    assert max(deviations.values()) <= 1e-4
    with pytest.raises(ValueError, match='within 1e-12, but got a deviation of'):
        check_onnx(small_model, exported, tolerance=1e-12)


@pytest.mark.parametrize('change', [0.01, float('nan')])
def test_deviations_are_found(small_model, exported, change):
    bias = small_model.head.classifier.bias
    kept = bias.detach().clone()
    with torch.no_grad():
        bias[1] += change
    try:
        with pytest.raises(ValueError, match=r'scores .* PyTorch within 0.0001'):
            check_onnx(small_model, exported)
    finally:
        with torch.no_grad():
            bias.copy_(kept)


def test_a_file_of_other_shapes(small_model, exported, monkeypatch):
    monkeypatch.setattr(
        'dsrb_mm.export.onnx_check.ExportModule',
        lambda model: lambda images: (torch.zeros(len(images), 3), None, None),
    )
    with pytest.raises(ValueError, match=r'shape \(1, 3\) for 1 pictures, but got \(1, 4\)'):
        check_onnx(small_model, exported)


def test_a_missing_package_is_named(small_model, exported, monkeypatch):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name: None if name == 'onnxruntime' else find(name)
    )
    with pytest.raises(ImportError, match=r'onnxruntime: pip install .dsrb_mm\[export\]'):
        check_onnx(small_model, exported)
