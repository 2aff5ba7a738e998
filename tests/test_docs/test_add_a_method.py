"""docs/add_a_method.md: its two files, written as they stand, train on a small CSV."""

import json
import re
from pathlib import Path

from helpers.data import random_labels, write_csv
from helpers.tools import run_tool

ROOT = Path(__file__).resolve().parents[2]
SMALL = """
model['backbone'] = dict(
    _delete_=True, type='ResNet', depth=18, out_indices=(3,), base_channels=16
)
train_cfg = dict(max_epochs=3)
default_hooks = dict(logger=dict(interval=1))
steps = [
    dict(type='LoadCheckedImageFromFile'),
    dict(type='Resize', scale=(64, 64)),
    dict(type='PackInputs'),
]
train_dataloader.update(batch_size=8, num_workers=0)
train_dataloader['dataset']['dataset'] = dict(pipeline=steps)
"""


def test_the_page_works_as_it_stands(tmp_path, monkeypatch):
    page = (ROOT / 'docs' / 'add_a_method.md').read_text(encoding='utf-8')
    method, config, head = re.findall(r'```python\n(.*?)```', page, re.DOTALL)
    lines = [line for text in (method, config) for line in text.splitlines() if line.strip()]
    assert len(lines) < 60
    labels = random_labels(24, 4)
    write_csv(tmp_path / 'labels.csv', labels, list('abcd'), ['train'] * 16 + ['val'] * 8)
    monkeypatch.setenv('CSV_ROOT', str(tmp_path))
    monkeypatch.syspath_prepend(tmp_path)
    (tmp_path / 'my_method.py').write_text(method)
    (tmp_path / 'my_config.py').write_text(config.replace("'configs/", f"'{ROOT}/configs/") + SMALL)
    (tmp_path / 'my_head.py').write_text(head)
    log = tmp_path / 'log.txt'
    arguments = [tmp_path / 'my_config.py', '--work-dir', tmp_path / 'work', '--no-validate']
    assert run_tool('train', arguments, log) == 0, log.read_text()
    (scalars,) = (tmp_path / 'work').glob('*/vis_data/scalars.json')
    rows = [json.loads(line) for line in scalars.read_text().splitlines()]
    assert 'loss_companion' not in rows[0]
    assert {'loss_plain', 'loss_companion', 'companion_changed'} <= rows[-1].keys()

    changes = {
        'train_dataloader.update(': 'train_dataloader = dict(',
        "train_dataloader['dataset']['dataset'] = dict(pipeline=steps)": (
            "train_dataloader['dataset'] = dict(dataset=dict(pipeline=steps))"
        ),
    }
    small = SMALL
    for old, new in changes.items():
        small = small.replace(old, new)
    text = (
        f'_base_ = {str(ROOT / "configs/dsrb_csv.py")!r}\n'
        "custom_imports = dict(imports=['dsrb_mm', 'my_head'])\n"
        "model = dict(neck=None, head=dict(_delete_=True, type='MaximumHead'))\n"
    )
    (tmp_path / 'with_head.py').write_text(text + small)
    arguments = [tmp_path / 'with_head.py', '--work-dir', tmp_path / 'head', '--no-validate']
    assert run_tool('train', arguments, log) == 0, log.read_text()
