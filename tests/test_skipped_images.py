"""Unreadable training images: an error that names them, or left out and counted."""

from pathlib import Path

import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.inference import write_config
from helpers.tools import load_main
from helpers.training import coco_config
from mmengine.runner import Runner

from dsrb_mm.datasets.config_report import build_reports, find_unreadable
from dsrb_mm.datasets.image_decoding import UnreadableImageError
from dsrb_mm.datasets.skipped_images import SkippedImage, collate_readable

BAD = ['000003.jpg', '000007.jpg']
LOAD = dict(type='LoadCheckedImageFromFile')


@pytest.fixture
def cfg(tmp_path):
    for split, number in (('train', 20), ('val', 6)):
        write_coco(tmp_path / 'data', split, random_labels(number, 4), ['a', 'b', 'c', 'd'])
    whole = (tmp_path / 'data/train' / BAD[0]).read_bytes()
    for name, content in zip(BAD, (whole[: len(whole) // 2], b''), strict=True):
        (tmp_path / 'data/train' / name).write_bytes(content)
    cfg = coco_config(tmp_path / 'data', tmp_path / 'work', 4, epochs=2)
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.dataset.dataset.pipeline = [LOAD, *loader.dataset.dataset.pipeline[1:]]
    cfg.experiment_name = tmp_path.name  # by default of the second: loggers would be shared
    cfg.test_dataloader = cfg.val_dataloader
    return cfg


@pytest.mark.parametrize('workers', [0, 1])
def test_an_unreadable_image_stops_training_with_its_name(cfg, workers):
    cfg.train_dataloader.num_workers = workers
    with pytest.raises(UnreadableImageError, match=f'({"|".join(BAD)}) to be a readable image'):
        Runner.from_cfg(cfg).train()


def test_the_command_says_it_in_one_line(cfg, tmp_path, monkeypatch):
    cfg.train_dataloader.num_workers = 1
    config = str(write_config(cfg, tmp_path / 'config.py'))
    monkeypatch.setattr('sys.argv', ['train', config])
    with pytest.raises(SystemExit) as caught:
        load_main('train')()
    message = str(caught.value)
    assert message.startswith('error: expected /') and any(name in message for name in BAD)
    assert '\n' not in message


def test_skipped_images_are_counted_and_nothing_takes_their_place(cfg):
    cfg.train_dataloader.num_workers = 1
    cfg.train_dataloader.dataset.unreadable = 'skip'
    runner = Runner.from_cfg(cfg)
    seen, train_step = [], runner.model.train_step

    def record(data, **kwargs):
        seen.extend(Path(sample.img_path).name for sample in data['data_samples'])
        assert len(data['inputs']) == len(data['data_samples'])
        return train_step(data, **kwargs)

    runner.model.train_step = record
    runner.train()
    rest = sorted({f'{i:06d}.jpg' for i in range(20)} - set(BAD))
    assert sorted(seen) == sorted(rest * 2)
    log = next(Path(cfg.work_dir).glob('*/*.log')).read_text()
    for epoch in (1, 2):
        assert f'2 unreadable images were skipped in epoch {epoch}: ' in log
    assert all(name in log for name in BAD)


def test_check_data_finds_the_same_files(cfg):
    report = build_reports(cfg)[0]
    find_unreadable(report, workers=1)
    assert [Path(path).name for path in report.unreadable] == BAD
    cfg.train_dataloader.dataset.dataset.pipeline[0] = dict(LOAD, max_pixels=64 * 64 - 1)
    report = build_reports(cfg)[0]
    find_unreadable(report, workers=1)
    assert len(report.unreadable) == 20


def test_evaluation_never_skips(cfg, tmp_path):
    (tmp_path / 'data/val/000002.jpg').write_bytes(b'')
    cfg.load_from, cfg.train_dataloader, cfg.train_cfg, cfg.optim_wrapper = None, None, None, None
    cfg.param_scheduler = None
    with pytest.raises(UnreadableImageError, match='000002.jpg'):
        Runner.from_cfg(cfg).test()
    cfg.test_dataloader.dataset.unreadable = 'skip'
    with pytest.raises(ValueError, match='in evaluation'):
        Runner.from_cfg(cfg).test()


def test_unknown_choice(cfg):
    cfg.train_dataloader.dataset.unreadable = 'ignore'
    with pytest.raises(ValueError, match="'error' or 'skip', but got 'ignore'"):
        Runner.from_cfg(cfg).train()


def test_collation():
    samples = [dict(x=torch.tensor([i])) for i in range(3)]
    assert collate_readable(samples)['x'].tolist() == [[0], [1], [2]]
    batch = collate_readable([samples[0], SkippedImage('a is bad'), samples[2]])
    assert batch['x'].tolist() == [[0], [2]] and batch['skipped'] == ['a is bad']
    with pytest.raises(UnreadableImageError, match='a is bad; b is bad'):
        collate_readable([SkippedImage('a is bad'), SkippedImage('b is bad')])
