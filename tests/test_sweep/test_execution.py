"""The sweep with stand-ins for the tools, killed and crashed, and once with the real tools."""

import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from fixtures.data import random_labels, write_coco
from fixtures.training import CONFIGS, coco_config
from rich.console import Console

from dsrb_mm.sweep import Launch, execute, locked, make_plan, read_metrics, run_sweep

ROOT = Path(__file__).resolve().parents[2]
# Writes what the real tools write; crashes or hangs where a file in its folder says so.
TRAIN = """
import pathlib, sys, time
work = pathlib.Path(sys.argv[sys.argv.index('--work-dir') + 1])
(work / 'count').open('a').write('x')
if (work.parent / f'crash_{work.name}').exists(): sys.exit('out of memory')
if (work.parent / f'hang_{work.name}').exists(): time.sleep(60)
(work / 'last_checkpoint').write_text(str(work / 'epoch_1.pth'))
"""
TEST = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])
out.write_text(json.dumps({'multi-label/mAP': 50.0}))
"""


@pytest.fixture
def tools(tmp_path):
    folder = tmp_path / 'tools'
    folder.mkdir()
    (folder / 'train.py').write_text(TRAIN)
    (folder / 'test.py').write_text(TEST)
    return folder


@pytest.fixture
def runs(tmp_path):
    (tmp_path / 'w' / 'dsrb_voc').mkdir(parents=True)
    return make_plan([CONFIGS / 'dsrb_voc_p50.py'], [0.1, 0.2, 0.3], [0], tmp_path / 'w')


def sweep(runs, tools):
    return run_sweep(runs, lambda run: execute(run, Launch(), tools), Console(quiet=True))


def trainings(runs):
    return [len((run.folder / 'count').read_text()) for run in runs]


def test_all_run_and_a_second_sweep_finds_nothing_to_do(runs, tools):
    assert sweep(runs, tools) == {}
    assert [read_metrics(run)['multi-label/mAP'] for run in runs] == [50.0] * 3
    assert sweep(runs, tools) == {}
    assert trainings(runs) == [1, 1, 1]


def test_a_crash_is_reported_with_its_log_and_does_not_stop_the_others(runs, tools, tmp_path):
    crash = tmp_path / 'w' / 'dsrb_voc' / 'crash_p20_seed0'
    crash.touch()
    failures = sweep(runs, tools)
    assert list(failures) == [runs[1].folder]
    assert 'out of memory' in failures[runs[1].folder]
    assert [read_metrics(run) is None for run in runs] == [False, True, False]
    crash.unlink()
    assert sweep(runs, tools) == {}
    assert trainings(runs) == [1, 2, 1]


def test_two_sweeps_in_one_folder_are_refused(tmp_path):
    with locked(tmp_path), pytest.raises(BlockingIOError, match='another sweep'), locked(tmp_path):
        pass
    with locked(tmp_path):
        pass


def start(tools, tmp_path):
    arguments = [CONFIGS / 'dsrb_voc_p50.py', '--proportions', '0.1', '0.2', '0.3']
    (tools / 'sweep.py').write_text((ROOT / 'tools/sweep.py').read_text())
    return subprocess.Popen(
        [sys.executable, str(tools / 'sweep.py'), *map(str, arguments)]
        + ['--work-dir', str(tmp_path / 'w')],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def test_kill_9_of_the_sweep_leaves_no_orphan_and_the_next_one_goes_on(runs, tools, tmp_path):
    hang = tmp_path / 'w' / 'dsrb_voc' / 'hang_p20_seed0'
    hang.touch()
    process = start(tools, tmp_path)
    marker = runs[1].folder / 'count'
    for _ in range(600):
        if marker.exists():
            break
        time.sleep(0.1)
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    process.kill()
    process.communicate()
    for _ in range(100):
        if not any(Path(f'/proc/{child}').exists() for child in children):
            break
        time.sleep(0.1)
    assert children and not any(Path(f'/proc/{child}').exists() for child in children)
    hang.unlink()
    second = start(tools, tmp_path)
    output, _ = second.communicate(timeout=120)
    assert second.returncode == 0, output
    assert '3 runs, 1 of them finished before' in output
    assert trainings(runs) == [1, 2, 1]
    assert (tmp_path / 'w' / 'results.md').is_file()


def test_kill_9_of_a_training_is_a_failed_run(runs, tools):
    (tools / 'train.py').write_text('import os, signal\nos.kill(os.getpid(), signal.SIGKILL)\n')
    failures = sweep(runs[:1], tools)
    assert f'exit code {-signal.SIGKILL}' in failures[runs[0].folder]


def test_real_tools_with_two_methods(tmp_path):
    for split, number in (('train', 16), ('val', 8)):
        write_coco(tmp_path / 'data', split, random_labels(number, 3), ['a', 'b', 'c'])
    configs = []
    for name, pprb in (('with', dict(beta=0.5)), ('without', None)):
        cfg = coco_config(tmp_path / 'data', tmp_path / 'unused', 3, epochs=2)
        cfg.model.head.pprb = pprb
        configs.append(tmp_path / f'{name}_p50.py')
        cfg.dump(configs[-1])
    command = [sys.executable, str(ROOT / 'tools/sweep.py'), *map(str, configs)]
    command += ['--proportions', '0.5', '--work-dir', str(tmp_path / 'w')]
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ | {'COLUMNS': '200'}
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    results = json.loads((tmp_path / 'w/results.json').read_text())
    assert {row['method'] for row in results['runs']} == {'with', 'without'}
    assert all(0 <= row['multi-label/mAP'] <= 100 for row in results['runs'])
    assert '| with |' in done.stdout
