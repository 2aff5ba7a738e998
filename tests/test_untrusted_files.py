"""Every command that reads a checkpoint or an array refuses one with code in it."""

import sys

import numpy as np
import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.hostile import write_hostile_array, write_hostile_checkpoint
from helpers.inference import inference_config, write_config
from helpers.tools import HAS_EXPORT, load_main
from helpers.training import coco_config
from mmengine.runner import Runner

from dsrb_mm.apis import MultiLabelInferencer, load_model
from dsrb_mm.datasets import CocoMultiLabel, PartialLabelDataset
from dsrb_mm.engine.checkpoints.checkpoint_reading import CheckpointFileError

needs_export = pytest.mark.skipif(not HAS_EXPORT, reason='needs the extra export')
CLASSES = ['cat', 'dog', 'bird', 'cow']


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Data, and config.py that trains and tests on it."""
    root = tmp_path_factory.mktemp('untrusted')
    for split, number in (('train', 8), ('val', 4)):
        write_coco(root / 'data', split, random_labels(number, 4), CLASSES)
    cfg = coco_config(root / 'data', root / 'work', 4, epochs=2)
    write_config(cfg, root / 'config.py')
    return root


@pytest.fixture
def marker(tmp_path):
    path = tmp_path / 'marker'
    yield path
    assert not path.exists(), 'code in a file was run'


@pytest.fixture
def hostile(tmp_path, marker):
    return write_hostile_checkpoint(tmp_path / 'hostile.pth', marker)


@pytest.fixture
def refuse(folder, monkeypatch, tmp_path, capsys):
    """Runs a tool, which must end with one line that names the file."""

    def run(tool, *arguments, name='hostile.pth'):
        arguments = [tool, *map(str, arguments)]
        monkeypatch.setattr(sys, 'argv', arguments)
        monkeypatch.chdir(tmp_path)
        with pytest.raises(SystemExit) as caught:
            load_main(tool)()
        message = str(caught.value)
        assert message.startswith('error: ') and name in message and '\n' not in message

    return run


TRAIN_OPTIONS = {
    'resume': ['--resume', '{file}'],
    'load_from': ['--cfg-options', 'load_from={file}'],
    'backbone': [
        '--cfg-options',
        'model.backbone.init_cfg.type=Pretrained',
        'model.backbone.init_cfg.checkpoint={file}',
    ],
    'neck with prefix': [
        '--cfg-options',
        'model.neck.init_cfg.type=Pretrained',
        'model.neck.init_cfg.checkpoint={file}',
        'model.neck.init_cfg.prefix=neck.',
    ],
}


@pytest.mark.parametrize('option', TRAIN_OPTIONS)
def test_train(refuse, folder, hostile, option):
    arguments = [part.format(file=hostile) for part in TRAIN_OPTIONS[option]]
    refuse('train', folder / 'config.py', '--work-dir', 'w', *arguments)


def test_train_resumes_from_the_work_directory(refuse, folder, hostile, tmp_path):
    (tmp_path / 'w').mkdir()
    (tmp_path / 'w/last_checkpoint').write_text(str(hostile))
    refuse('train', folder / 'config.py', '--work-dir', 'w', '--resume')


def test_test(refuse, folder, hostile):
    refuse('test', folder / 'config.py', hostile, '--work-dir', 'w')


@pytest.mark.parametrize(
    ('tool', 'options'),
    [
        ('infer', ['images']),
        pytest.param('export_onnx', ['--out', 'a.onnx'], marks=needs_export),
        ('complete_labels', ['--out', 'a.csv']),
        ('show_prototypes', ['--out-dir', 'p']),
    ],
)
def test_tools_with_a_model(refuse, folder, hostile, tmp_path, tool, options):
    (tmp_path / 'images').mkdir()
    (tmp_path / 'images/a.png').write_bytes(b'')
    refuse(tool, folder / 'config.py', hostile, *options)


@pytest.mark.parametrize('reverse', [[], ['--reverse']])
def test_convert(refuse, hostile, reverse):
    refuse('convert_hcp_checkpoint', hostile, 'b.pth', *reverse)


def test_python_interfaces(hostile):
    cfg = inference_config()
    for load in (load_model, MultiLabelInferencer):
        with pytest.raises(CheckpointFileError, match='could run code'):
            load(cfg, str(hostile))


def test_config_in_a_checkpoint_is_not_executed_by_resume(folder, marker, tmp_path):
    cfg = coco_config(folder / 'data', tmp_path / 'w', 4, epochs=1)
    runner = Runner.from_cfg(cfg)
    runner.train()
    content = torch.load(tmp_path / 'w/epoch_1.pth', weights_only=True)
    content['meta']['config'] = f'open({str(marker)!r}, "w").close()'
    torch.save(content, tmp_path / 'a.pth')
    runner.resume(str(tmp_path / 'a.pth'))


@pytest.mark.parametrize('resume', [True, False])
def test_runner_without_the_tools(folder, hostile, marker, tmp_path, monkeypatch, resume):
    """The hook reads the file before MMEngine's loader, which runs code on torch < 2.6."""
    load = torch.load
    monkeypatch.setattr(
        torch, 'load', lambda *args, weights_only=False, **kw: load(
            *args, weights_only=weights_only, **kw
        )
    )  # fmt: skip
    cfg = coco_config(folder / 'data', tmp_path / 'w', 4, epochs=1)
    cfg.resume, cfg.load_from = resume, str(hostile)
    with pytest.raises(CheckpointFileError, match='hostile.pth'):
        Runner.from_cfg(cfg).train()
    assert not marker.exists()


@pytest.mark.parametrize('option', ['model.neck.word_vectors', 'LabelFile'])
def test_arrays(folder, marker, tmp_path, option):
    path = write_hostile_array(tmp_path / 'hostile.npy', marker)
    with pytest.raises(ValueError, match='object') as caught:
        if option == 'LabelFile':
            data = dict(
                type='CocoMultiLabel',
                data_root=str(folder / 'data'),
                ann_file='annotations/instances_val.json',
                data_prefix=dict(img_path='val'),
            )
            PartialLabelDataset(data, known=dict(type='LabelFile', path=str(path)))
        else:
            cfg = coco_config(folder / 'data', tmp_path / 'w', 4)
            cfg.model.neck.word_vectors = str(path)
            Runner.from_cfg(cfg)
    assert 'hostile.npy' in str(caught.value)
    np.load(path, allow_pickle=True)  # the payload works
    marker.unlink()


def test_annotations_are_json_whatever_they_are_called(marker, tmp_path):
    path = write_hostile_checkpoint(tmp_path / 'a.pkl', marker, 'pickle')
    with pytest.raises(ValueError, match='a.pkl'):
        CocoMultiLabel(str(path))
