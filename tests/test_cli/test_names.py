"""Names of files and categories that mean something to a terminal, a plot or a spreadsheet."""

import csv
import os

import numpy as np
import pytest
from helpers.data import random_labels, write_csv
from helpers.inference import CLASSES, small_config, write_checkpoint, write_config
from helpers.tools import load_main
from helpers.training import CONFIGS
from mmengine.config import Config
from PIL import Image

from dsrb_mm.fileio.csv_rows import path_cell, plain_cell

NAMES = ['[/x]', '[bold]', '$\\frac$', '=HYPERLINK("a")', '-1 "a"\r']


def test_cells_that_would_be_formulas():
    assert [plain_cell(name) for name in ('=1', '@x', 'a=1', '')] == ["'=1", "'@x", 'a=1', '']
    assert [path_cell(name) for name in ('=1.png', '-/a', '/=a')] == ['./=1.png', './-/a', '/=a']
    assert path_cell('a\udcff.png') == 'a\\udcff.png'


def test_check_data(tmp_path, monkeypatch, capsys):
    monkeypatch.setenv('CSV_ROOT', str(tmp_path))
    names = [*NAMES[:3], 'e']
    labels = random_labels(4, 4)
    write_csv(tmp_path / 'labels.csv', labels, names, ['train', 'val'] * 2)
    out = tmp_path / 'counts.csv'
    with pytest.raises(SystemExit) as caught:
        load_main('check_data')([str(CONFIGS / 'bce_csv_cpu.py'), '--out', str(out)])
    assert caught.value.code == 0
    assert '[/x]' in capsys.readouterr().out and '[/x]' in out.read_text()


@pytest.mark.parametrize('root', ["it's", 'a"b', "'+__import__('os').abort()+'", '{{x}}'])
def test_folders_in_the_environment_are_no_code(root, monkeypatch):
    monkeypatch.setenv('CSV_ROOT', root)
    cfg = Config.fromfile(CONFIGS / 'bce_csv_cpu.py')
    assert cfg.train_dataloader.dataset.dataset.data_root == root
    assert 'os' not in cfg


@pytest.mark.filterwarnings('ignore:Glyph')
def test_infer(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    cfg = small_config('plain')
    write_config(cfg, tmp_path / 'my.py')
    write_checkpoint(cfg, tmp_path / 'a.pth', classes=NAMES[1:])
    images = ['~x.png', '=1.png', 'a\rb.png', os.fsdecode(b'\xff.png'), 'c[red].png']
    pixels = np.zeros((20, 20, 3), np.uint8)
    for name in images:
        Image.fromarray(pixels).save(name)
    (tmp_path / 'deeper').mkdir()
    Image.fromarray(pixels).save('deeper/=1.png')
    images.append('deeper/=1.png')
    main = load_main('infer')
    arguments = ['my.py', 'a.pth', *images, '--device', 'cpu', '--show-dir', 'pictures']
    main([*arguments, '--out', 'scores.csv'])
    with open('scores.csv', newline='', encoding='utf-8') as file:
        header, *rows = csv.reader(file)
    assert header == ['path', '[bold]', '$\\frac$', '\'=HYPERLINK("a")', '\'-1 "a"\r', 'predicted']
    assert [row[0] for row in rows] == [
        *['~x.png', './=1.png', 'a\rb.png', '\\udcff.png', *images[4:]]
    ]
    assert len(os.listdir('pictures')) == len(images)
    main([*arguments, '--thr', '0'])
    assert '[bold]' in capsys.readouterr().out
    assert len(CLASSES) == len(NAMES[1:])
