import importlib.util
import json

import numpy as np
import pytest
from helpers.inference import CLASSES, SMALL, small_config, write_checkpoint, write_config
from helpers.tools import load_main

from dsrb_mm.apis import MultiLabelInferencer
from dsrb_mm.export import export_onnx

onnxruntime = pytest.importorskip('onnxruntime')
pytest.importorskip('onnxscript')


@pytest.fixture(scope='module')
def session(exported):
    return onnxruntime.InferenceSession(str(exported), providers=['CPUExecutionProvider'])


@pytest.mark.parametrize('batch_size', [1, 2, 5])
def test_onnxruntime_predicts_as_the_inferencer_does(session, small_model, batch_size):
    rgb = np.random.default_rng(batch_size).integers(0, 256, (batch_size, *SMALL, 3), np.uint8)
    results = MultiLabelInferencer(small_model)(
        list(rgb), progress=False, return_attention=True, channel_order='rgb'
    )
    images = rgb.transpose(0, 3, 1, 2).astype(np.float32)
    scores, logits, attention = session.run(['scores', 'logits', 'attention'], {'images': images})
    expected = np.stack([result['pred_scores'] for result in results])
    np.testing.assert_allclose(scores, expected, atol=1e-5)
    np.testing.assert_allclose(1 / (1 + np.exp(-logits)), expected, atol=1e-5)
    expected = np.stack([result['attention'] for result in results])
    np.testing.assert_allclose(attention, expected, atol=1e-5)


def test_the_file_says_what_it_is(session, exported):
    meta = session.get_modelmeta().custom_metadata_map
    assert json.loads(meta['classes']) == CLASSES
    assert meta['opset'] == '18' and meta['note'] == 'tiny'
    assert '(batch, 3, 44, 60)' in meta['input'] and 'RGB' in meta['input']
    assert [tensor.shape for tensor in session.get_inputs()] == [['batch', 3, *SMALL]]
    assert session.get_outputs()[2].shape == ['batch', 4, 6, 8]
    content = exported.read_bytes()
    assert b'csrl_neck' not in content and b'site-packages' not in content
    assert [path.name for path in exported.parent.iterdir()] == ['model.onnx']


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (dict(input_size=(0, 60)), 'input_size'),
        (dict(input_size=SMALL, opset=17), 'opset to be from 18 to .*got 17'),
        (dict(input_size=SMALL, opset=999), 'got 999'),
    ],
)
def test_arguments(small_model, tmp_path, arguments, message):
    with pytest.raises(ValueError, match=message):
        export_onnx(small_model, tmp_path / 'a.onnx', **arguments)
    assert not list(tmp_path.iterdir())


def test_what_is_missing_is_named(small_model, monkeypatch, tmp_path):
    find = importlib.util.find_spec
    monkeypatch.setattr(
        importlib.util, 'find_spec', lambda name: None if name == 'onnxscript' else find(name)
    )
    with pytest.raises(ImportError, match=r'onnxscript: pip install .dsrb_mm\[export\]'):
        export_onnx(small_model, tmp_path / 'a.onnx', SMALL)


def test_tool_on_a_plain_model(tmp_path, capsys):
    cfg = small_config('plain')
    write_checkpoint(cfg, tmp_path / 'plain.pth')
    config = write_config(cfg, tmp_path / 'config.py')
    out = tmp_path / 'plain.onnx'
    main = load_main('export_onnx')
    main([str(arg) for arg in (config, tmp_path / 'plain.pth', '--out', out, '--opset', 20)])
    shown = capsys.readouterr().out
    assert 'opset 20, pictures of 44 x 60' in shown and 'largest deviation from PyTorch' in shown
    session = onnxruntime.InferenceSession(str(out), providers=['CPUExecutionProvider'])
    assert [output.name for output in session.get_outputs()] == ['scores', 'logits']
    meta = session.get_modelmeta().custom_metadata_map
    assert meta['opset'] == '20' and json.loads(meta['test_pipeline'])[1]['type'] == 'Resize'


def test_tool_errors_are_one_line(tmp_path):
    config = write_config(small_config('plain'), tmp_path / 'config.py')
    with pytest.raises(SystemExit, match='error: .*gone.pth'):
        load_main('export_onnx')([str(config), 'gone.pth'])
