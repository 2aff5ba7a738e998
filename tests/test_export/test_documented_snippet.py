"""The snippet of docs/inference.md reads the metadata and predicts what the inferencer predicts."""

import json
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.inference import CLASSES, small_config, write_checkpoint
from helpers.training import CONFIGS
from mmengine.config import Config
from PIL import Image

from dsrb_mm.apis import InputPipeline, MultiLabelInferencer, load_model
from dsrb_mm.calibration import Calibration
from dsrb_mm.datasets.config_data import test_pipeline as pipeline_of
from dsrb_mm.engine.checkpoints.stored_calibration import store_calibration
from dsrb_mm.export import describe_input, export_onnx, file_metadata

pytest.importorskip('onnxruntime')
pytest.importorskip('onnxscript')
pytest.importorskip('cv2')

PAGE = Path(__file__).resolve().parents[2] / 'docs' / 'inference.md'
CALIBRATION = Calibration(1.7, (0.5, -0.5, 0, 1), (0.3, 0.2, 0.4, 0.7), (9,) * 4, (9,) * 4, 9)


def shipped_pipelines():
    """Every test pipeline of the configs, once; all of them come from the dataset bases."""
    found = {}
    for path in sorted((CONFIGS / '_base_' / 'datasets').glob('*.py')):
        found.setdefault(json.dumps(pipeline_of(Config.fromfile(path))), path.name)
    return {name: json.loads(text) for text, name in found.items()}


PIPELINES = shipped_pipelines()


def snippet():
    blocks = re.findall(r'```python\n(.*?)```', PAGE.read_text(encoding='utf-8'), re.S)
    (code,) = [block for block in blocks if 'onnxruntime' in block]
    return code


@pytest.fixture
def photo(tmp_path, monkeypatch):
    """A photo that is turned by its EXIF orientation, where the snippet looks for it."""
    rng = np.random.default_rng(0)
    coarse = Image.fromarray(rng.integers(0, 256, (9, 12, 3), np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / 'photos').mkdir()
    coarse.resize((530, 390), Image.Resampling.BICUBIC).save(
        tmp_path / 'photos' / '1.jpg', exif=exif
    )
    monkeypatch.chdir(tmp_path)
    return 'photos/1.jpg'


@pytest.mark.parametrize('name', PIPELINES)
def test_scores_and_decisions_agree(name, photo, capsys):
    cfg = small_config('plain')
    cfg.test_dataloader.dataset.dataset.pipeline = PIPELINES[name]
    write_checkpoint(cfg, Path('a.pth'))
    store_calibration('a.pth', CALIBRATION)
    model = load_model(cfg, 'a.pth', 'cpu')
    export_onnx(model, 'model.onnx', InputPipeline(cfg).input_size())
    scope = {}
    exec(compile(snippet(), str(PAGE), 'exec'), scope)
    result = MultiLabelInferencer(model)(photo, progress=False)[0]
    np.testing.assert_allclose(scope['scores'][0], result['pred_scores'], atol=1e-5)
    shown = eval(capsys.readouterr().out)
    assert set(shown) == set(result['pred_classes'])
    assert scope['classes'] == CLASSES
    assert scope['calibration']['temperature'] == 1.7
    assert scope['wanted']['not_described'] == []
    assert scope['wanted']['normalisation']['mean'] == [120.0, 110.0, 100.0]


def test_the_configs_have_both_backends():
    described = [describe_input(steps, (1, 1), None)['resize'] for steps in PIPELINES.values()]
    assert {'backend': 'pillow', 'filter': 'bicubic'} in described
    assert {'backend': 'cv2', 'filter': 'bilinear'} in described


@pytest.mark.parametrize(
    'step',
    [
        dict(type='CenterCrop', crop_size=224),
        dict(type='Resize', scale=(64, 64), keep_ratio=True),
        dict(type='Resize', scale_factor=0.5),
        dict(type='Resize', scale=(64, 64), backend='turbojpeg'),
    ],
)
def test_what_it_cannot_express_is_named(step):
    found = describe_input([dict(type='LoadImageFromFile'), step], (64, 64), torch.nn.Identity())
    assert found['not_described'] == [step['type']] and found['resize'] is None
    assert found['normalisation']['mean'] is None


def test_without_a_calibration_the_threshold_is_a_half(small_model):
    found = json.loads(file_metadata(small_model, (44, 60))['calibration'])
    assert found == dict(temperature=1.0, bias=[0.0] * 4, thresholds=[0.5] * 4, rule='none')
