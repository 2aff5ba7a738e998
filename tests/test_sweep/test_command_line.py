"""tools/sweep.py with stand-ins for the other tools, and once with the real ones."""

import importlib.util
import json
import multiprocessing
import os
import re
import signal
import sys
from contextlib import contextmanager
from pathlib import Path

import pytest
from helpers.data import random_labels, write_coco
from helpers.tools import run_tool
from helpers.training import CONFIGS, coco_config

from dsrb_mm.sweep import RunFailed, execution, locked

ROOT = Path(__file__).resolve().parents[2]


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
    with pytest.raises(SystemExit, match='error: --nproc 2 needs'):
        main('--nproc', '2')
    with locked_by_another(work.parent):
        with pytest.raises(SystemExit, match='another sweep'):
            main()
        main('--report')


@contextmanager
def locked_by_another(folder):
    """A process that holds the lock of a sweep."""
    context = multiprocessing.get_context('fork')
    held, end = context.Event(), context.Event()

    def hold():
        with locked(folder):
            held.set()
            end.wait()

    process = context.Process(target=hold, daemon=True)
    process.start()
    held.wait()
    try:
        yield
    finally:
        end.set()
        process.join()


def run_command(command, log, folder):
    """As the sweep's, in a copy of this process: a new interpreter imports for seconds."""
    assert command[0] == sys.executable
    code = run_tool(Path(command[1]).stem, command[2:], log)
    if code:
        raise RunFailed(f'exit code {code}: {log.read_text()[-2000:]}')


@pytest.mark.skipif(not hasattr(os, 'fork'), reason='needs fork')
def test_real_tools(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(execution, 'run_command', run_command)
    for split, number in (('train', 16), ('val', 8)):
        write_coco(tmp_path / 'data', split, random_labels(number, 3), ['a', 'b', 'c'])
    cfg = coco_config(tmp_path / 'data', tmp_path / 'unused', 3, epochs=2)
    cfg.dump(tmp_path / 'base.py')
    config = tmp_path / 'tiny_p50.py'
    config.write_text(f"_base_ = '{tmp_path / 'base.py'}'\n")
    arguments = [config, '--proportions', '0.5', '--known', 'KnownPerCategory:number=8']
    arguments += ['--work-dir', tmp_path / 'w']
    run_main(monkeypatch, ROOT / 'tools', *arguments)
    results = json.loads((tmp_path / 'w/results.json').read_text())
    assert [row['status'] for row in results['runs']] == ['finished'] * 2
    assert all(0 <= row['multi-label/mAP'] <= 100 for row in results['runs'])
    assert all('multi-label/CF1' in row for row in results['runs'])
    assert '| tiny |' in capsys.readouterr().out
    folders = [tmp_path / f'w/tiny/{name}_seed0' for name in ('p50', 'KnownPerCategory-number=8')]
    logs = [(folder / 'train.log').read_text() for folder in folders]
    known = [re.search(r'(\S+)% known', log)[1] for log in logs]
    assert 30 < float(known[0]) < 70 and known[1] == '50.0'
