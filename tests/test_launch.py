"""tools/dist_train.sh and dist_test.sh, on the CPU."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from helpers.data import random_labels, write_coco
from helpers.training import PIPELINE, coco_config

ROOT = Path(__file__).resolve().parents[1]
NAMES = ['a', 'b', 'c']
# MMEngine's launcher picks a GPU before it starts the process group, and formats the config for
# the log and every checkpoint, which takes longer than training.
ON_CPU = """
import mmengine.config.config
import torch

torch.cuda.set_device = lambda *_: None
mmengine.config.config.FormatCode = lambda text, **kwargs: (text, True)
"""


def run_script(name, *arguments, folder):
    with socket.socket() as free:
        free.bind(('127.0.0.1', 0))
        port = str(free.getsockname()[1])
    paths = [str(Path(sys.executable).parent), os.environ['PATH']]
    done = subprocess.run(
        ['bash', ROOT / 'tools' / name, *map(str, arguments)],
        env={
            **os.environ,
            'PORT': port,
            'PATH': os.pathsep.join(paths),
            'PYTHONPATH': os.pathsep.join([str(folder), str(ROOT)]),
        },
        cwd=folder,  # MMEngine leaves a folder .dist_test where it ran
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.mark.slow
def test_two_processes_train_and_one_tests(tmp_path):
    write_coco(tmp_path / 'data', 'train', random_labels(12, 3), NAMES)
    write_coco(tmp_path / 'data', 'val', random_labels(7, 3), NAMES)
    (tmp_path / 'on_cpu.py').write_text(ON_CPU)
    cfg = coco_config(tmp_path / 'data', tmp_path / 'work', 3, epochs=2)
    cfg.custom_imports.imports.append('on_cpu')
    cfg.env_cfg.dist_cfg.backend = 'gloo'
    cfg.model_wrapper_cfg.device_ids = None
    cfg.test_dataloader.dataset.dataset.pipeline = [
        step for step in PIPELINE if step['type'] != 'RandomFlip'
    ]
    cfg.val_dataloader = cfg.test_dataloader
    cfg.dump(tmp_path / 'config.py')

    log = run_script('dist_train.sh', tmp_path / 'config.py', 2, '--auto-scale-lr', folder=tmp_path)
    assert 'Distributed training: True' in log
    assert 'GPU number: 2' in log
    checkpoint = tmp_path / 'work' / 'epoch_2.pth'
    assert checkpoint.is_file()

    metrics = tmp_path / 'metrics.json'
    # One process is enough, and imports for seconds: two of them have just validated.
    run_script(
        'dist_test.sh', tmp_path / 'config.py', checkpoint, 1, '--out', metrics, folder=tmp_path
    )
    (scalars,) = (tmp_path / 'work').glob('*/vis_data/scalars.json')
    validated = json.loads(scalars.read_text().splitlines()[-1])['multi-label/mAP']
    assert json.loads(metrics.read_text())['multi-label/mAP'] == pytest.approx(validated)
