"""What a checkpoint says about files never removes any but the training's own."""

import os
import shutil
from pathlib import Path

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.inference import write_config
from helpers.tools import run_tool
from helpers.training import coco_config
from mmengine.runner import Runner

from dsrb_mm.engine.checkpoints import AtomicCheckpointHook
from dsrb_mm.engine.checkpoints.checkpoint_files import find_resumable

BEST = 'best_multi-label_mAP_epoch_{}.pth'


def build(root, work_dir, epochs):
    cfg = coco_config(root, work_dir, 4, epochs=3)
    cfg.default_hooks.checkpoint.update(
        interval=1, max_keep_ckpts=2, save_best='multi-label/mAP', rule='greater'
    )
    cfg.val_dataloader.dataset.dataset.ann_file = 'annotations/instances_train.json'
    cfg.val_dataloader.dataset.dataset.data_prefix = dict(img_path='train')
    cfg.train_cfg.max_epochs = epochs
    return cfg


@pytest.fixture(scope='module')
def trained(tmp_path_factory):
    """Data, the work directory of two epochs, and config.py that trains a third."""
    root = tmp_path_factory.mktemp('trained')
    write_coco(root, 'train', random_labels(12, 4), list('abcd'))
    Runner.from_cfg(build(root, root / 'work', 2)).train()
    edit(root / 'work/epoch_2.pth', best_score=-1.0)  # the next validation is better
    write_config(build(root, root / 'work', 3), root / 'config.py')
    return root


def recorded_best(path):
    info = torch.load(path, weights_only=True)['message_hub']['runtime_info']
    return info.get('best_ckpt')


def edit(path, **info):
    """Change what a checkpoint says of its training."""
    content = torch.load(path, weights_only=True)
    content['message_hub']['runtime_info'].update(info)
    for key in info:
        content['message_hub']['resumed_keys'][key] = True
    torch.save(content, path)


def files(folder):
    return {str(p.relative_to(folder)): p.stat().st_mtime_ns for p in folder.rglob('*.pth')}


@pytest.fixture
def copy(trained, tmp_path):
    """A copy of the work directory, with its checkpoints under their names."""
    return shutil.copytree(trained / 'work', tmp_path / 'copy')


@pytest.fixture
def resume(trained, tmp_path):
    """Trains the third epoch, whose validation is better than all before; returns the log."""

    def run(work_dir, *arguments):
        output = tmp_path / 'output'
        code = run_tool(
            'train',
            [trained / 'config.py', '--work-dir', work_dir, '--resume', *arguments],
            output,
            cwd=tmp_path,
        )
        assert code == 0, output.read_text()
        return output.read_text()

    return run


def test_a_copied_folder_rotates_its_own_files(trained, copy, resume):
    before = files(trained / 'work')
    (old,) = copy.glob('best_*')
    resume(copy)
    assert files(trained / 'work') == before
    # Its own best checkpoint made place, and its oldest one.
    assert not old.exists()
    assert files(copy).keys() == {'epoch_2.pth', 'epoch_3.pth', BEST.format(3)}
    assert recorded_best(copy / 'epoch_3.pth') == str(copy / BEST.format(3))


def test_resuming_elsewhere_leaves_the_files_of_the_run_before(trained, tmp_path, resume):
    before = files(trained / 'work')
    # Files of an older training, with the names that the checkpoint knows.
    other = tmp_path / 'other'
    other.mkdir()
    old = [other / name for name in files(trained / 'work') if name != 'epoch_2.pth']
    for path in old:
        path.write_text('older training')
    assert 'stay there' in resume(other, trained / 'work/epoch_2.pth')
    assert files(trained / 'work') == before
    assert len(old) == 2 and all(path.read_text() == 'older training' for path in old)
    assert files(other).keys() > {'epoch_3.pth', BEST.format(3)}
    assert recorded_best(other / 'epoch_3.pth') == str(other / BEST.format(3))


@pytest.mark.parametrize('kind', ['folder', 'absolute', 'parent', 'link', 'named folder'])
def test_best_checkpoint_of_a_stranger(copy, tmp_path, resume, kind):
    precious = tmp_path / 'precious'
    precious.mkdir()
    (precious / 'labels.csv').write_text('years of work')
    target = precious / BEST.format(2)
    target.write_text('years of work')
    for path in copy.glob('best_*'):
        path.unlink()
    value = dict(
        folder=str(precious),
        absolute=str(precious / 'labels.csv'),
        parent='../precious/labels.csv',
        link=str(copy / BEST.format(2)),
    ).get(kind, str(copy / BEST.format(1)))
    if kind == 'link':
        os.symlink(target, copy / BEST.format(2))
    if kind == 'named folder':
        (copy / BEST.format(1)).mkdir()
        (copy / BEST.format(1) / 'labels.csv').write_text('years of work')
    edit(copy / 'epoch_2.pth', best_ckpt=value)
    assert 'ignored best_ckpt' in resume(copy)
    found = [*precious.iterdir(), *copy.glob('best_*_epoch_[12].pth/labels.csv')]
    assert len(found) == (3 if kind == 'named folder' else 2)
    assert all(path.read_text() == 'years of work' for path in found)
    assert (copy / BEST.format(2)).is_symlink() == (kind == 'link')
    assert (copy / BEST.format(3)).is_file()


def test_files_that_were_to_go(copy, tmp_path, resume):
    (tmp_path / 'absolute').touch()
    (tmp_path / 'relative').touch()
    (copy / 'labels.csv').touch()
    (copy / 'epoch_0.pth').touch()  # a kill has prevented its removal
    outdated = [str(tmp_path / 'absolute'), '../relative', 'labels.csv', 'epoch_0.pth']
    edit(copy / 'epoch_2.pth', outdated_ckpts=outdated)
    assert resume(copy).count('ignored outdated_ckpts') == 3
    assert all(path.exists() for path in map(copy.joinpath, outdated[:3]))
    assert not (copy / 'epoch_0.pth').exists()


def test_numbers_that_are_none(copy, tmp_path, resume):
    # 'epoch_{}.pth' makes a path of them.
    (copy / 'epoch_').mkdir()
    for folder in (tmp_path / 'victim.pth', tmp_path / 'other.pth'):
        folder.mkdir()
        (folder / 'labels.csv').touch()
    (tmp_path / 'file.pth').touch()
    (copy / 'epoch_0.pth').mkdir()
    (copy / 'epoch_0.pth/labels.csv').touch()
    numbers = ['/../../victim', '/../../other', '/../../file', 0, 1, 2]
    edit(copy / 'epoch_2.pth', keep_ckpt_ids=numbers)
    assert resume(copy).count('ignored keep_ckpt_ids') == 3
    assert len([*tmp_path.glob('*.pth/labels.csv')]) == 2
    assert (tmp_path / 'file.pth').exists() and (copy / 'epoch_0.pth/labels.csv').exists()
    assert not (copy / 'epoch_1.pth').exists()  # two are kept


def test_a_new_training_keeps_the_checkpoints_of_an_earlier_one(trained, copy):
    (copy / 'best_notes.txt').touch()
    before = sorted(files(copy))
    cfg = build(trained, copy, 1)
    cfg.experiment_name = 'again'
    runner = Runner.from_cfg(cfg)
    runner.train()
    (earlier,) = copy.glob('earlier_*')
    assert sorted(files(earlier)) == before
    assert sorted(path.name for path in copy.glob('*.pth')) == [BEST.format(1), 'epoch_1.pth']
    assert (copy / 'best_notes.txt').exists()
    # Cut off before its first checkpoint, a new training must not go on as the earlier one.
    cfg = build(trained, copy, 1)
    cfg.experiment_name = 'cut off'
    runner = Runner.from_cfg(cfg)
    runner.train_loop.run_epoch = lambda: 1 / 0
    with pytest.raises(ZeroDivisionError):
        runner.train()
    assert find_resumable(copy) == (None, [])
    assert len(list(copy.glob('earlier_*'))) == 2


def test_names_that_lead_elsewhere_are_refused():
    with pytest.raises(ValueError, match="filename_tmpl to be a file name, but got 'a/{}.pth'"):
        AtomicCheckpointHook(filename_tmpl='a/{}.pth')
    AtomicCheckpointHook(filename_tmpl='a_{}.pth', out_dir=Path('b'))
