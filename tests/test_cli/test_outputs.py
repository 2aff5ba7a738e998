"""No tool writes over what it reads, whatever the file is called."""

import sys

import pytest
from helpers.data import random_labels, write_csv
from helpers.tools import load_main
from helpers.training import CONFIGS
from mmengine.config import Config

from dsrb_mm.cli.outputs import written_by_training
from dsrb_mm.datasets.config_files import files_of_config, image_folders


@pytest.fixture
def files(tmp_path, monkeypatch):
    """A data set, a config with a base, a checkpoint, and other names of these files."""
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / 'data/labels.csv', random_labels(4, 2), ['a', 'b'], ['train', 'val'] * 2)
    base = CONFIGS / 'bce_csv_cpu.py'
    (tmp_path / 'base.py').write_text(f"_base_ = '{base}'\n")
    (tmp_path / 'my.py').write_text(
        "_base_ = './base.py'\n"
        "data = dict(data_root='data')\n"
        'train_dataloader = dict(dataset=dict(dataset=data))\n'
        'val_dataloader = dict(dataset=dict(dataset=data))\n'
        'test_dataloader = val_dataloader\n'
    )
    (tmp_path / 'weights.pth').write_bytes(b'weights of a week')
    (tmp_path / 'names.txt').write_text('a\nb\n')
    (tmp_path / 'hard.csv').hardlink_to(tmp_path / 'data/labels.csv')
    (tmp_path / 'soft.csv').symlink_to(tmp_path / 'data/labels.csv')
    return tmp_path


def contents(folder):
    return {path: path.read_bytes() for path in folder.rglob('*') if path.is_file()}


@pytest.mark.parametrize(
    'command',
    [
        'check_data my.py --out data/labels.csv',
        'check_data my.py --out hard.csv',
        'check_data my.py --out soft.csv',
        'check_data my.py --out base.py',
        'check_data my.py --out data/../my.py',
        'infer my.py weights.pth data/images/0.png --out hard.csv',
        'infer my.py weights.pth data/images/0.png --out data/labels.csv',
        'infer my.py weights.pth data/images --show-dir data/images',
        'test my.py weights.pth --out weights.pth --out-item metrics',
        'test my.py weights.pth --out my.json --show-dir data/images/new',
        'test my.py weights.pth --cfg-options test_evaluator.csv_path=data/labels.csv',
        'export_onnx my.py weights.pth --out weights.pth',
        'browse_dataset my.py --out-dir data/images',
        'show_prototypes my.py weights.pth --out-dir data/images',
        'show_label_graph my.py --out data/labels.csv',
        'word_vectors --classes names.txt --glove names.npy --out names.npy',
        'convert_hcp_checkpoint weights.pth weights.pth',
        'complete_labels my.py weights.pth --out base.py --overwrite',
        'complete_labels my.py weights.pth --out hard.csv --overwrite',
        'complete_labels my.py weights.pth --out weights.pth --overwrite',
        'import_labels data/labels.csv --out hard.csv --overwrite',
        'plot_log data --out data/labels.csv',
        'report my.py metrics.json --out .',
        'calibrate my.py hard.csv',
        'calibrate my.py base.py',
    ],
)
def test_inputs_survive(files, command, monkeypatch):
    (files / 'names.npy').write_text('a 1 2\nb 3 4\n')
    (files / 'my.json').write_text('{}')
    (files / 'metrics.json').write_bytes(b'weights called so')
    before = contents(files)
    name, *arguments = command.split()
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', *arguments])
    main = load_main(name)
    with pytest.raises(SystemExit) as caught:
        main() if name in ('train', 'test') else main(arguments)
    assert str(caught.value).startswith('error: expected ')
    assert contents(files) == before


def test_files_of_a_config(files):
    cfg = Config.fromfile('my.py')
    names = [path.name for path in files_of_config(cfg)]
    assert names[:3] == ['my.py', 'base.py', 'bce_csv_cpu.py'] and 'default_runtime.py' in names
    assert 'labels.csv' in names
    assert [str(path) for path in image_folders(cfg)] == ['data/images']
    cfg.work_dir = 'w'
    cfg.val_evaluator = [dict(type='MultiLabelRecognitionMetric', csv_path='v.csv')]
    assert {str(path) for path in written_by_training(cfg)} == {'v.csv', 'w/my.py'}


def test_lists_and_annotations_in_vocs_layout(tmp_path):
    for name in ('ImageSets/Main/train.txt', 'Annotations/1.xml'):
        (tmp_path / name).parent.mkdir(parents=True)
        (tmp_path / name).touch()
    data = dict(type='VOC', data_root=str(tmp_path), split='train')
    cfg = Config(dict(train_dataloader=dict(dataset=dict(dataset=data))))
    assert {path.name for path in files_of_config(cfg)} == {'train.txt', '1.xml'}
    assert image_folders(cfg) == [tmp_path / 'JPEGImages']
