"""The sweep with stand-ins for the tools: finished, killed and crashed runs."""

import multiprocessing
import os
import signal
import sys
import time
from pathlib import Path

import pytest
from helpers.training import CONFIGS
from rich.console import Console

from dsrb_mm.sweep import (
    KnownLabels,
    Launch,
    execute,
    execution,
    locked,
    make_plan,
    read_metrics,
    run_sweep,
    status,
)


def test_missing_data_is_found_before_the_first_run(runs):
    with pytest.raises(FileNotFoundError, match='data of VOC not found: .*trainval.txt'):
        execution.check_data(runs)


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
    script = (tools / 'train.py').read_text()
    killed = script.replace('    time.sleep(100)\n', '    import os; os.kill(os.getpid(), 9)\n')
    assert killed != script
    (tools / 'train.py').write_text(killed)
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


def test_best_and_last_are_different_results(runs, tools, work):
    assert sweep(runs[:1], tools) == {}
    arguments = [CONFIGS / 'dsrb_voc_p50.py'], [KnownLabels.of_proportion(0.1)], [0], work.parent
    (best,) = make_plan(*arguments, checkpoint='best')
    assert read_metrics(best) is None
    assert 'no best checkpoint' in sweep([best], tools)[best.folder]
    (best.folder / 'best_mAP_epoch_1.pth').touch()
    assert sweep([best], tools) == {}
    assert 'best_mAP_epoch_1.pth' in (best.folder / 'test.log').read_text()
    assert calls([best]) == [['start']]
