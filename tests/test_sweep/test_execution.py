"""The sweep with stand-ins for the tools, killed and crashed, and once with the real tools."""

import importlib.util
import json
import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from fixtures.data import random_labels, write_coco
from fixtures.training import CONFIGS, coco_config
from rich.console import Console

from dsrb_mm.sweep import Launch, execute, locked, make_plan, read_metrics, run_sweep, status

ROOT = Path(__file__).resolve().parents[2]
# Writes what the real tools write; crashes or hangs where a file beside the run's folder says so.
# A hanging training has a child in a session of its own, as torchrun's workers are.
TRAIN = """
import pathlib, subprocess, sys, time, zipfile
work = pathlib.Path(sys.argv[sys.argv.index('--work-dir') + 1])
(work / 'calls').open('a').write('resume ' if '--resume' in sys.argv else 'start ')
if (work.parent / f'crash_{work.name}').exists():
    sys.exit('out of memory')
zipfile.ZipFile(work / 'epoch_1.pth', 'w').close()
(work / 'last_checkpoint').write_text(str(work / 'epoch_1.pth'))
if (work.parent / f'hang_{work.name}').exists():
    sleep = [sys.executable, '-c', 'import time; time.sleep(100)']
    child = subprocess.Popen(sleep, start_new_session=True)
    (work / 'child').write_text(str(child.pid))
    (work / 'child').rename(work / 'hangs')
    time.sleep(100)
"""
TEST = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])
if (out.parents[1] / f'crash_test_{out.parent.name}').exists():
    sys.exit('bad metric')
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
def work(tmp_path):
    folder = tmp_path / 'w' / 'dsrb_voc'
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def runs(work):
    return make_plan([CONFIGS / 'dsrb_voc_p50.py'], [0.1, 0.2, 0.3], [0], work.parent)


def sweep(runs, tools):
    return run_sweep(runs, lambda run: execute(run, Launch(), tools), Console(quiet=True))


def calls(runs):
    return [(run.folder / 'calls').read_text().split() for run in runs]


def wait_for(condition):
    for _ in range(600):
        if condition():
            return
        time.sleep(0.05)
    raise TimeoutError


def alive(pid):
    try:
        return Path(f'/proc/{pid}/stat').read_text().rpartition(')')[2].split()[0] != 'Z'
    except OSError:
        return False


def test_all_run_and_a_second_sweep_finds_nothing_to_do(runs, tools):
    assert sweep(runs, tools) == {}
    assert [read_metrics(run) for run in runs] == [{'multi-label/mAP': 50.0}] * 3
    assert sweep(runs, tools) == {}
    assert calls(runs) == [['start']] * 3
    assert (runs[0].folder / 'train.log').read_text().startswith('$ ')


def test_a_crash_is_reported_with_its_log_and_does_not_stop_the_others(runs, tools, work):
    crash = work / 'crash_p20_seed0'
    crash.touch()
    failures = sweep(runs, tools)
    assert list(failures) == [runs[1].folder]
    assert 'out of memory' in failures[runs[1].folder]
    assert [status(run) for run in runs] == ['finished', 'failed', 'finished']
    crash.unlink()
    assert sweep(runs, tools) == {}
    assert calls(runs) == [['start'], ['start', 'start'], ['start']]
    assert status(runs[1]) == 'finished'


def test_after_a_crash_of_the_test_only_the_test_is_repeated(runs, tools, work):
    crash = work / 'crash_test_p10_seed0'
    crash.touch()
    assert 'bad metric' in sweep(runs[:1], tools)[runs[0].folder]
    crash.unlink()
    assert sweep(runs[:1], tools) == {}
    assert calls(runs[:1]) == [['start']]


def test_kill_9_of_a_training_is_a_failed_run_without_orphans_and_is_resumed(runs, tools, work):
    script = TRAIN.replace('    time.sleep(100)\n', '    import os; os.kill(os.getpid(), 9)\n')
    assert script != TRAIN
    (tools / 'train.py').write_text(script)
    (work / 'hang_p10_seed0').touch()
    failures = sweep(runs[:1], tools)
    assert f'exit code {-signal.SIGKILL}' in failures[runs[0].folder]
    assert not alive(int((runs[0].folder / 'hangs').read_text()))
    (work / 'hang_p10_seed0').unlink()
    assert sweep(runs[:1], tools) == {}
    assert calls(runs[:1]) == [['start', 'resume']]


@pytest.mark.skipif(sys.platform != 'linux', reason='asks Linux to end the children')
@pytest.mark.parametrize('end', [signal.SIGKILL, signal.SIGINT])
def test_an_ended_sweep_goes_on_and_leaves_no_orphans(end, runs, tools, work):
    (work / 'hang_p20_seed0').touch()

    def locked_sweep():
        signal.signal(signal.SIGINT, signal.default_int_handler)
        os.dup2(os.open(os.devnull, os.O_WRONLY), 2)  # the traceback of KeyboardInterrupt
        with locked(work.parent):
            sweep(runs, tools)

    process = multiprocessing.get_context('fork').Process(target=locked_sweep)
    process.start()
    hangs = runs[1].folder / 'hangs'
    wait_for(hangs.exists)
    with pytest.raises(BlockingIOError, match=f'process {process.pid} on'), locked(work.parent):
        pass
    children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
    os.kill(process.pid, end)
    process.join()
    assert len(children) == 1
    wait_for(lambda: not alive(children[0]))
    assert status(runs[1]) == 'unfinished'

    (work / 'hang_p20_seed0').unlink()
    with locked(work.parent) as holder:
        assert f'process {process.pid}' in holder  # a stale lock hinders nobody
        assert sweep(runs, tools) == {}
    assert not alive(int(hangs.read_text()))  # the grandchild, too
    assert calls(runs) == [['start'], ['start', 'resume'], ['start']]


def run_main(monkeypatch, folder, *arguments):
    """tools/sweep.py as if it stood in a folder, in this process."""
    file = folder / 'sweep.py'
    if not file.exists():
        file.write_text((ROOT / 'tools/sweep.py').read_text())
    spec = importlib.util.spec_from_file_location('sweep_tool', file)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    monkeypatch.setattr(sys, 'argv', ['sweep.py', *map(str, arguments)])
    handler = signal.getsignal(signal.SIGTERM)
    try:
        module.main()
    finally:
        signal.signal(signal.SIGTERM, handler)


def test_command_line(tools, work, monkeypatch, capsys):
    def main(*more):
        arguments = [CONFIGS / 'dsrb_voc_p50.py', '--work-dir', work.parent]
        run_main(monkeypatch, tools, *arguments, '--proportions', '0.1', '0.2', *more)

    (work / 'crash_p10_seed0').touch()
    with pytest.raises(SystemExit, match='1 of 2 runs failed'):
        main()
    output = capsys.readouterr().out
    assert 'out of memory' in output and '| failed | 50.0 | incomplete |' in output
    main('--report')
    assert '| failed | 50.0 | incomplete |' in capsys.readouterr().out
    with pytest.raises(SystemExit, match=r'train_cfg\.max_epochs: 20, now 3'):
        main('--cfg-options', 'train_cfg.max_epochs=3')
    with pytest.raises(SystemExit, match='error: expected'):
        main('--nproc', '2')
    with locked(work.parent):
        with pytest.raises(SystemExit, match='another sweep'):
            main()
        main('--report')


def test_best_and_last_are_different_results(runs, tools, work):
    assert sweep(runs[:1], tools) == {}
    arguments = [CONFIGS / 'dsrb_voc_p50.py'], [0.1], [0], work.parent
    (best,) = make_plan(*arguments, checkpoint='best')
    assert read_metrics(best) is None
    assert 'no best checkpoint' in sweep([best], tools)[best.folder]
    (best.folder / 'best_mAP_epoch_1.pth').touch()
    assert sweep([best], tools) == {}
    assert 'best_mAP_epoch_1.pth' in (best.folder / 'test.log').read_text()
    assert calls([best]) == [['start']]


@pytest.mark.slow
def test_real_tools(tmp_path, monkeypatch, capsys):
    for split, number in (('train', 16), ('val', 8)):
        write_coco(tmp_path / 'data', split, random_labels(number, 3), ['a', 'b', 'c'])
    cfg = coco_config(tmp_path / 'data', tmp_path / 'unused', 3, epochs=2)
    cfg.dump(tmp_path / 'base.py')
    config = tmp_path / 'tiny_p50.py'
    config.write_text(f"_base_ = '{tmp_path / 'base.py'}'\n")
    arguments = [config, '--proportions', '0.5', '1', '--work-dir', tmp_path / 'w']
    run_main(monkeypatch, ROOT / 'tools', *arguments)
    results = json.loads((tmp_path / 'w/results.json').read_text())
    assert [row['status'] for row in results['runs']] == ['finished'] * 2
    assert all(0 <= row['multi-label/mAP'] <= 100 for row in results['runs'])
    assert all('multi-label/CF1' in row for row in results['runs'])
    assert '| tiny |' in capsys.readouterr().out
    logs = [(tmp_path / f'w/tiny/{p}_seed0/train.log').read_text() for p in ('p50', 'p100')]
    assert 'known_proportion=0.5' in logs[0] and 'known_proportion=1.0' in logs[1]
