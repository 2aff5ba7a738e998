"""Damaged and hostile files in the folder of a sweep: a result, one clear line, or a failed run."""

import json
import shutil
import signal
import sys
import zipfile
from unittest import mock

import pytest
from helpers.data import random_labels, write_coco
from helpers.fuzz_outcomes import FROM_LIBRARIES
from helpers.hostile import write_hostile_checkpoint
from helpers.inference import write_config
from helpers.tools import load_main
from helpers.training import CONFIGS, coco_config

from dsrb_mm.sweep import KnownLabels, RunFailed, collect, execution, make_plan, report, write_state

MAP = 'multi-label/mAP'
RUN = dict(fingerprint='0123', trained=True, error=None, settings={})
DAMAGED = {
    'empty': b'',
    'cut off': b'{"fingerprint": "0123", "trained": tr',
    'not UTF-8': b'{"fingerprint": "\xff\xfe"}',
    'binary': bytes(range(256)),
    'a list': b'[1, 2]',
    'a number': b'7',
    'null': b'null',
    'nested': b'[' * 100_000,
    'a long number': b'1' * 10_000,
    'without keys': b'{}',
    'folder': None,
}
DAMAGED_RUNS = DAMAGED | {
    'a list for the fingerprint': json.dumps(RUN | dict(fingerprint=[])).encode(),
    'a number for the error': json.dumps(RUN | dict(error=7)).encode(),
    'other settings': json.dumps(
        RUN | dict(fingerprint='0', settings={'model': 7, 'a[/red]\x1b[31m\n': '\ud800' * 5000})
    ).encode(),
}
DAMAGED_METRICS = DAMAGED | {
    'text': json.dumps({MAP: 'high'}).encode(),
    'null for a value': json.dumps({MAP: None}).encode(),
    'true': json.dumps({MAP: True}).encode(),
    'infinity': json.dumps({MAP: 50.0, 'a': float('inf')}).encode(),
    'beyond float': json.dumps({MAP: 10**400}).encode(),
    'a surrogate': json.dumps({MAP: 50.0, '\ud800': 1}).encode(),
    'no mAP': json.dumps({'multi-label/OF1': 50.0}).encode(),
}


def put(path, content):
    """Put something in place of a file; None stands for a folder with something in it."""
    if content is None:
        path.unlink(missing_ok=True)
        (path / 'in it').mkdir(parents=True)
    else:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / 'w[/red]/dsrb_voc'  # reads as markup of the console
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def sweep(monkeypatch, capsys, work):
    """tools/sweep.py on two runs; the commands are replaced. Gives exit message and output."""
    handler = signal.getsignal(signal.SIGTERM)
    config = CONFIGS / 'dsrb_voc_p50.py'
    # Reading the config takes longer than all the rest.
    runs = make_plan([config], list(map(KnownLabels.of_proportion, (0.1, 0.2))), [0], work.parent)
    main = load_main('sweep')
    monkeypatch.setattr('dsrb_mm.sweep.make_plan', lambda *_: runs)

    monkeypatch.setattr(report, 'plot', lambda table, file: None)  # takes longer, too
    monkeypatch.setenv('COLUMNS', '10000')  # no line breaks in paths

    def run_command(command, log, folder):
        with log.open('a') as file:
            file.write('called\n')
        if 'train.py' in command[1]:
            zipfile.ZipFile(folder / 'epoch_1.pth', 'w').close()
            (folder / 'last_checkpoint').write_text(str(folder / 'epoch_1.pth'))
        else:
            (folder / 'metrics.unfinished.json').write_text(json.dumps({MAP: 50.0}))

    monkeypatch.setattr(execution, 'run_command', run_command)

    def call(*more):
        arguments = ['sweep', str(config), '--work-dir', str(work.parent), *more]
        monkeypatch.setattr(sys, 'argv', arguments)
        message = None
        try:
            main()
        except SystemExit as error:
            message = error.code
            assert not isinstance(error.__context__, FROM_LIBRARIES), repr(error.__context__)
        return message, capsys.readouterr().out

    call.runs = runs
    yield call
    signal.signal(signal.SIGTERM, handler)


def finish(run):
    run.folder.mkdir(parents=True)
    write_state(run, trained=True)
    run.metrics_file.write_text(json.dumps({MAP: 70.0}))


def assert_one_line(message, file):
    assert message.startswith('error: ') and str(file) in message
    assert message.isprintable() and len(message) < 1500, message


@pytest.mark.parametrize('content', DAMAGED_RUNS.values(), ids=DAMAGED_RUNS)
def test_run_json(sweep, content):
    first, second = sweep.runs
    finish(first)
    finish(second)
    put(second.folder / 'run.json', content)
    for more in ([], ['--report']):
        message, _ = sweep(*more)
        assert_one_line(message, second.folder)
    shutil.rmtree(second.folder)  # as the message says
    assert sweep()[0] is None


@pytest.mark.parametrize('content', DAMAGED_METRICS.values(), ids=DAMAGED_METRICS)
def test_metrics_json(sweep, content):
    first, second = sweep.runs
    finish(first)
    finish(second)
    put(second.metrics_file, content)
    for more in ([], ['--report']):
        message, _ = sweep(*more)
        assert_one_line(message, second.metrics_file)
        assert 'remove it' in message


@pytest.mark.parametrize('name', ['seed', 'known', 'proportion', 'method', 'status', 'finished'])
def test_metrics_cannot_pass_for_something_else(sweep, name):
    first, second = sweep.runs
    finish(first)
    finish(second)
    second.metrics_file.write_text(json.dumps({name: 0.1, MAP: 50.0}))
    assert sweep('--report') == (None, mock.ANY)
    assert list(collect(sweep.runs)['proportion']) == [0.1, 0.2]


LOCKS = {'markup': b'[/red]', 'bytes': b'\xff\xfe\x1b[31m\n\n[', 'long': b'x' * 10_000_000}


@pytest.mark.parametrize('content', LOCKS.values(), ids=LOCKS)
def test_lock(sweep, work, content):
    put(work.parent / '.sweep.lock', content)
    message, output = sweep()
    assert message is None and '| 50.0 | 50.0 |' in output
    assert 'was cut off' in output and len(output) < 5000 and '\x1b' not in output


@pytest.mark.parametrize(
    'name', ['.sweep.lock', 'results.csv', 'results.json', 'results.md', 'map.png']
)
def test_folder_in_place_of_a_file_is_found_before_training(sweep, work, name):
    put(work.parent / name, None)
    message, _ = sweep()
    assert_one_line(message, work.parent / name)
    assert not any((run.folder / 'train.log').exists() for run in sweep.runs)


def test_file_in_place_of_a_folder(sweep):
    put(sweep.runs[1].folder, b'')
    assert_one_line(sweep()[0], sweep.runs[1].folder)


@pytest.mark.parametrize('name', ['train.log', 'test.log', 'metrics.unfinished.json'])
def test_folder_in_place_of_a_file_of_one_run_is_a_failed_run(sweep, name):
    put(sweep.runs[0].folder / name, None)
    message, output = sweep()
    assert message == '1 of 2 runs failed'
    assert '| failed | 50.0 |' in output and str(sweep.runs[0].folder / name) in output


@pytest.mark.parametrize('content', DAMAGED_METRICS.values(), ids=DAMAGED_METRICS)
def test_what_a_test_writes(sweep, monkeypatch, content):
    train_and_test = execution.run_command

    def run_command(command, log, folder):
        train_and_test(command, log, folder)
        if folder == sweep.runs[0].folder and (folder / 'metrics.unfinished.json').exists():
            put(folder / 'metrics.unfinished.json', content)

    monkeypatch.setattr(execution, 'run_command', run_command)
    message, output = sweep()
    assert message == '1 of 2 runs failed'
    assert '| failed | 50.0 |' in output and 'the test gave no metrics: expected ' in output


POINTERS = {
    'not UTF-8': b'\xff\xfe',
    'zero': b'epoch_1\0.pth',
    'long': b'x' * 5000,
    'lines': b'epoch_1.pth\nepoch_1.pth',
    'missing': b'/elsewhere/epoch_1.pth',
    'folder': b'/',
}


@pytest.mark.parametrize('whole', [True, False], ids=['whole', 'none whole'])
@pytest.mark.parametrize('content', POINTERS.values(), ids=POINTERS)
def test_pointer(sweep, content, whole):
    run = sweep.runs[0]
    run.folder.mkdir()
    write_state(run, trained=False)
    put(run.folder / 'last_checkpoint', content)
    if whole:
        zipfile.ZipFile(run.folder / 'epoch_1.pth', 'w').close()
    else:
        (run.folder / 'epoch_1.pth').write_bytes(b'PK')
    message, output = sweep()
    assert message is None and '| 50.0 | 50.0 |' in output
    assert (run.folder / 'last_checkpoint').read_text() == str(run.folder / 'epoch_1.pth')


def test_folder_in_place_of_the_pointer_is_a_failed_run(sweep):
    put(sweep.runs[0].folder / 'last_checkpoint', None)
    write_state(sweep.runs[0], trained=False)
    message, output = sweep()
    assert message == '1 of 2 runs failed' and '| failed | 50.0 |' in output


@pytest.mark.parametrize('kind', ['zip', 'legacy', 'tar', 'pickle'])
def test_no_code_of_a_checkpoint_is_run(sweep, monkeypatch, tmp_path, kind):
    """The real training tool, in this process, resumes from the run's folder."""
    write_coco(tmp_path / 'data', 'train', random_labels(8, 4), ['a', 'b', 'c', 'd'])
    cfg = coco_config(tmp_path / 'data', tmp_path / 'unused', 4, epochs=1)
    cfg.val_cfg = cfg.val_dataloader = cfg.val_evaluator = None
    config = write_config(cfg, tmp_path / 'config.py')
    run, marker = sweep.runs[0], tmp_path / 'marker'
    run.folder.mkdir()
    write_state(run, trained=False)
    hostile = write_hostile_checkpoint(run.folder / 'epoch_1.pth', marker, kind)
    (run.folder / 'last_checkpoint').write_text(str(hostile))
    faked = execution.run_command

    def run_command(command, log, folder):
        if folder != run.folder or 'train.py' not in command[1]:
            return faked(command, log, folder)
        resume = ['--resume'] if '--resume' in command else []
        monkeypatch.setattr(sys, 'argv', ['train', str(config), '--work-dir', str(folder), *resume])
        try:
            load_main('train')()
        except SystemExit as error:
            raise RunFailed(f'exit code 1: {error}') from error

    monkeypatch.setattr(execution, 'run_command', run_command)
    message, output = sweep()
    assert not marker.exists()
    if kind == 'zip':  # whole, as checkpoints go, and refused by the training
        assert message == '1 of 2 runs failed' and '| failed | 50.0 |' in output
        assert 'epoch_1.pth' in output and 'could run code' in output
    else:  # no checkpoint: trained from the start
        assert message is None and '| 50.0 | 50.0 |' in output
