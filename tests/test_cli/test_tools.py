import errno
import os
from urllib.error import URLError

import pytest
import torch
from helpers.features import frozen_config
from helpers.tools import run_tool
from mmengine.config import Config
from mmengine.runner import Runner

from dsrb.tool_arguments import runner_arguments
from dsrb_mm.cli.errors import clear_errors, interruptible
from dsrb_mm.cli.tools import how_to_go_on, load_config

NEEDED = 'model = train_dataloader = train_cfg = optim_wrapper = dict()\n'


def parse(tmp_path, *arguments, text='default_hooks = dict(checkpoint=dict(save_best="x"))\n'):
    (tmp_path / 'my.py').write_text(NEEDED + text)
    parser = runner_arguments('Train')
    parser.add_argument('--resume', nargs='?', const='auto')
    parser.add_argument('--amp', action='store_true')
    parser.add_argument('--no-validate', action='store_true')
    parser.add_argument('--auto-scale-lr', action='store_true')
    return load_config(parser.parse_args([str(tmp_path / 'my.py'), *arguments]))


def test_work_dir_argument_config_name(tmp_path):
    assert parse(tmp_path).work_dir == 'work_dirs/my'
    assert parse(tmp_path, text='work_dir = "w"').work_dir == 'w'
    assert parse(tmp_path, '--work-dir', 'v', text='work_dir = "w"').work_dir == 'v'


def test_options_reach_the_config(tmp_path):
    text = (
        'optim_wrapper = dict(type="OptimWrapper", optimizer=dict(type="Adam"))\n'
        'auto_scale_lr = dict(base_batch_size=8)\n'
    )
    option = 'optim_wrapper.optimizer.betas=[1,2]'
    cfg = parse(tmp_path, '--amp', '--auto-scale-lr', '--cfg-options', option, text=text)
    optimizer = dict(type='Adam', betas=[1, 2])
    assert cfg.optim_wrapper == dict(
        type='AmpOptimWrapper', loss_scale='dynamic', optimizer=optimizer
    )
    assert cfg.auto_scale_lr.enable is True
    assert 'resume' not in cfg


def test_a_misspelt_key_of_a_file_is_warned_of(tmp_path, capsys):
    parse(tmp_path, text='optim_wraper = dict()\nmy_own_name = 1\n')
    message = 'nothing reads optim_wraper; did you mean optim_wrapper?'
    assert capsys.readouterr().err == f'warning: {tmp_path}/my.py: {message}\n'


@pytest.mark.parametrize(('value', 'load_from'), [((), None), (('x.pth',), 'x.pth')])
def test_resume(tmp_path, value, load_from):
    cfg = parse(tmp_path, '--resume', *value)
    assert cfg.resume is True and cfg.load_from == load_from


def test_without_validation_there_is_no_best(tmp_path):
    cfg = parse(tmp_path, '--no-validate')
    assert cfg.val_cfg is None and 'save_best' not in cfg.default_hooks.checkpoint


@pytest.mark.parametrize('error', [FileNotFoundError('x.json'), URLError('no network')])
def test_missing_files_and_downloads_exit_with_one_message(error):
    with pytest.raises(SystemExit) as caught, clear_errors():
        raise error
    assert str(caught.value).startswith('error: ')


def test_other_errors_keep_their_traceback():
    with pytest.raises(ZeroDivisionError), clear_errors():
        raise ZeroDivisionError


@pytest.mark.parametrize('number', [errno.ENOSPC, errno.EROFS, errno.EACCES])
def test_full_and_read_only_disks_are_one_line(number):
    message = os.strerror(number)
    with pytest.raises(SystemExit, match=f'^error: /w/a.pth: {message}$'), clear_errors():
        raise OSError(number, message, '/w/a.pth')


def test_other_errors_of_the_system_keep_their_traceback():
    with pytest.raises(ConnectionResetError), clear_errors():
        raise ConnectionResetError(errno.ECONNRESET, 'reset')


def test_deterministic_training_prepares_cublas(tmp_path, monkeypatch):
    monkeypatch.delenv('CUBLAS_WORKSPACE_CONFIG', raising=False)
    parse(tmp_path)
    assert 'CUBLAS_WORKSPACE_CONFIG' not in os.environ
    parse(tmp_path, text='randomness = dict(seed=0, deterministic=True)')
    assert os.environ['CUBLAS_WORKSPACE_CONFIG'] == ':4096:8'
    monkeypatch.delenv('CUBLAS_WORKSPACE_CONFIG')


def test_an_interrupt_is_no_traceback(tmp_path):
    with pytest.raises(SystemExit, match='^interrupted$'), clear_errors():
        raise KeyboardInterrupt
    assert 'no checkpoint yet' in how_to_go_on(str(tmp_path))
    file = tmp_path / 'epoch_3.pth'
    torch.save(dict(state_dict={}, meta=dict(epoch=3, iter=6), optimizer={}), file)
    (tmp_path / 'last_checkpoint').write_text(str(file))
    assert f'--resume goes on from {file}' in how_to_go_on(str(tmp_path))


def test_a_misspelt_argument_is_named_with_its_key(tmp_path):
    cfg = frozen_config(tmp_path)
    cfg.model.head.loss = dict(type='HillLoss', lamm=2)
    cfg.dump(tmp_path / 'mine.py')
    assert run_tool('train', ['mine.py'], tmp_path / 'log.txt', cwd=tmp_path) == 1
    last = (tmp_path / 'log.txt').read_text().splitlines()[-1]
    assert last.startswith('error: ') and 'did you mean model.head.loss.lam?' in last


def test_the_config_that_a_resumed_training_leaves_is_one_to_go_on_with(tmp_path):
    cfg = frozen_config(tmp_path)
    cfg.pop('work_dir', None)
    cfg.dump(tmp_path / 'mine.py')
    log = tmp_path / 'log.txt'
    for resume in ([], ['--resume']):
        assert run_tool('train', ['mine.py', *resume], log, cwd=tmp_path) == 0, log.read_text()
    left = tmp_path / 'work_dirs/mine/mine.py'
    cfg = Config.fromfile(left)
    # A child of it trains in a folder of its own, and anew.
    assert cfg.get('work_dir') is None and not cfg.resume and cfg.load_from is None
    checkpoint = next(left.parent.glob('epoch_*.pth'))
    # As MMPretrain's own tools leave theirs.
    cfg.merge_from_dict(dict(resume=True, load_from=str(checkpoint)))
    cfg.dump(left)
    assert run_tool('test', [left, checkpoint], log, cwd=tmp_path) == 0, log.read_text()
    cfg.work_dir = str(tmp_path / 'tested')
    assert 'multi-label/mAP' in Runner.from_cfg(cfg).test()


def test_a_traceback_on_request(monkeypatch):
    monkeypatch.setenv('DSRB_TRACEBACK', '1')
    with pytest.raises(ValueError, match='defect'), clear_errors(ValueError):
        raise ValueError('defect')


def test_ctrl_c_while_a_config_is_formatted(monkeypatch):
    def interrupted(*args, **kwargs):
        raise KeyboardInterrupt

    monkeypatch.setattr('mmengine.config.config.FormatCode', interrupted)
    with pytest.raises(KeyboardInterrupt), interruptible():
        Config(dict(a=1)).pretty_text  # noqa: B018
    with pytest.raises(SyntaxError, match='x'), interruptible():
        raise SyntaxError('x')


def test_frozen_weights_are_no_warnings(tmp_path):
    frozen_config(tmp_path).dump(tmp_path / 'mine.py')
    log = tmp_path / 'log.txt'
    assert run_tool('train', ['mine.py'], log, cwd=tmp_path) == 0, log.read_text()
    assert 'requires_grad' not in log.read_text()
