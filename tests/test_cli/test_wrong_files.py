"""Files given in the place of others end every tool with one line that says what was expected."""

import sys

import pytest
import torch
from helpers.data import random_labels, write_csv
from helpers.tools import load_main
from helpers.training import CONFIGS
from typer.testing import CliRunner

from dsrb.app import app

WITH_CHECKPOINT = {
    'infer': ['data/images/0.png'],
    'test': ['--work-dir', 'w'],
    'report': ['--out', 'page'],
    'calibrate': [],
    'export_onnx': ['--out', 'a.onnx'],
    'complete_labels': ['--out', 'filled.csv'],
}
WITH_CONFIG = {
    **{name: ['weights.pth', *rest] for name, rest in WITH_CHECKPOINT.items()},
    'train': [],
    'check_data': [],
    'browse_dataset': ['--out-dir', 'pictures'],
    'show_prototypes': ['weights.pth', '--out-dir', 'pictures'],
    'show_label_graph': ['--out', 'graph.png'],
    'sweep': [],
    'compare': ['my.py'],
}


@pytest.fixture(autouse=True)
def files(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    write_csv(tmp_path / 'data/labels.csv', random_labels(4, 2), ['a', 'b'], ['train', 'val'] * 2)
    (tmp_path / 'my.py').write_text(
        f"_base_ = '{CONFIGS / 'bce_csv_cpu.py'}'\n"
        "data = dict(data_root='data')\n"
        'train_dataloader = dict(dataset=dict(dataset=data))\n'
        'val_dataloader = dict(dataset=dict(dataset=data))\n'
        'test_dataloader = val_dataloader\n'
        'model = dict(backbone=dict(init_cfg=None))\n'
    )
    torch.save(dict(state_dict=dict(w=torch.zeros(2))), tmp_path / 'weights.pth')
    torch.save(torch.zeros(2), tmp_path / 'tensor.pth')
    (tmp_path / 'other.csv').write_bytes((tmp_path / 'data/labels.csv').read_bytes())
    (tmp_path / 'empty.pth').touch()
    (tmp_path / 'empty.py').touch()
    (tmp_path / 'page.pth').write_text('<!DOCTYPE html><html>not found</html>')
    (tmp_path / 'picture.py').write_bytes((tmp_path / 'data/images/0.png').read_bytes())


def last_line(name, arguments, monkeypatch):
    """The message with which a tool ends."""
    monkeypatch.setattr(sys, 'argv', [f'{name}.py', *arguments])
    main = load_main(name)
    with pytest.raises(SystemExit) as caught:
        main() if name in ('train', 'test', 'sweep', 'compare') else main(arguments)
    message = str(caught.value)
    assert message.startswith('error: ') and '\n' not in message
    return message


@pytest.mark.parametrize('name', WITH_CONFIG)
def test_wrong_configs(name, monkeypatch):
    for wrong in ('data/labels.csv', 'weights.pth', 'picture.py', 'empty.py'):
        message = last_line(name, [wrong, *WITH_CONFIG[name]], monkeypatch)
        assert f'expected {wrong} to be a config' in message


@pytest.mark.parametrize('name', WITH_CHECKPOINT)
def test_wrong_checkpoints(name, monkeypatch):
    wrong = {
        'other.csv': "a file of another kind, which begins with b'path,split,a,b",
        'page.pth': 'begins with b',
        'empty.pth': 'an empty file',
        'data/images/0.png': 'a file of another kind',
    }
    for file, reason in list(wrong.items())[
        : 1 if name == 'test' else None
    ]:  # which builds a model
        message = last_line(name, ['my.py', file, *WITH_CHECKPOINT[name]], monkeypatch)
        assert f'expected {file} to be a checkpoint, but got: ' in message and reason in message
        assert 'trust' not in message  # nobody should load such a file with less care
    message = last_line(name, ['my.py', 'tensor.pth', *WITH_CHECKPOINT[name]], monkeypatch)
    assert 'expected tensor.pth to hold a dict, but got Tensor' in message


def test_a_config_of_something_else(tmp_path, monkeypatch):
    (tmp_path / 'other.py').write_text('model = 1\ntrain_cfg = dict()\n')
    message = last_line('train', ['other.py'], monkeypatch)
    assert 'lacks model, train_dataloader, optim_wrapper' in message


@pytest.mark.parametrize('wrong', ['data/labels.csv', 'weights.pth', 'my.py', 'data'])
@pytest.mark.parametrize(
    'command',
    [['predict', 'data/images/0.png'], ['evaluate'], ['report'], ['complete'], ['export']],
)
def test_the_command_wants_the_folder_of_a_training(command, wrong):
    name, *rest = command
    result = CliRunner().invoke(app, [name, wrong, *rest])
    found = result.output + str(result.exception)
    assert 'expected the folder that a training has written' in found or (
        'expected data to be the folder of a training' in found
    )
    assert result.exit_code == 1


def test_a_config_in_its_own_work_directory_stays_as_it_is(tmp_path, monkeypatch):
    before = (tmp_path / 'my.py').read_bytes()
    message = last_line('test', ['my.py', 'tensor.pth', '--work-dir', '.'], monkeypatch)
    assert 'to hold a dict' in message  # it was not refused before
    assert (tmp_path / 'my.py').read_bytes() == before
