"""Each method learns, through the Runner, on a few small images with partial labels."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.data import random_labels, write_csv
from helpers.training import CONFIGS
from mmengine.config import Config
from mmengine.runner import Runner

from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.evaluation import average_precision
from dsrb_mm.models.label_bank import LabelBank

CLASSES = ['cat', 'dog', 'bird', 'cow']
IMAGES, BATCH, EPOCHS = 32, 8, 12
METHODS = sorted(
    {path.stem.removesuffix('_csv_modern') for path in CONFIGS.glob('*_csv_modern.py')}
    - {'dsrb', 'sarb', 'sst', 'hst'}  # test_dsrb_family_training.py
)
# The stem and one stage: few parameters are quick to update.
BACKBONE = dict(
    type='ResNet', depth=18, num_stages=1, strides=(1,), dilations=(1,), out_indices=(0,),
    stem_channels=16, base_channels=16,
)  # fmt: skip
# They learn from present labels alone; EPR and ROLE once they are told how many to expect.
POSITIVE_ONLY = {
    'an', 'an_ls', 'em_apl', 'epr', 'hill', 'll_cp', 'll_ct', 'll_r', 'pu', 'role', 'splc', 'wan'
}  # fmt: skip
NEED_ABSENT = ['asl', 'bce', 'csl', 'curriculum', 'saliency', 'sr']


@pytest.fixture(scope='module')
def data(tmp_path_factory):
    root = tmp_path_factory.mktemp('data')
    labels = random_labels(IMAGES, len(CLASSES))
    write_csv(root / 'labels.csv', labels, CLASSES, ['train'] * IMAGES)
    return root


def scaled(complement):
    """A complement's config with its epochs scaled from 40 to those here."""
    times = {
        key: complement[key] * EPOCHS / 40 for key in ('begin', 'interval') if key in complement
    }
    return dict(complement, **times)


def tiny(method, root, work_dir, epochs=EPOCHS, single_positive=False):
    """``configs/<method>_csv.py`` on the small images, validated on complete training labels."""
    cfg = Config.fromfile(CONFIGS / f'{method}_csv_modern.py')
    cfg.work_dir = str(work_dir)
    cfg.model.backbone = BACKBONE
    weak = [dict(type='Resize', scale=(32, 32))]
    strong = [*weak, cfg.rand_augment]
    load, pack = dict(type='LoadImageFromFile'), dict(type='PackInputs')
    plain = [load, *weak, pack]
    views = [load, dict(type='MultiView', num_views=[1, 1], transforms=[weak, strong]), pack]
    for loader in (cfg.train_dataloader, cfg.val_dataloader):
        loader.update(batch_size=BATCH, num_workers=0, persistent_workers=False)
        loader.dataset.dataset.update(data_root=str(root), pipeline=plain, split='train')
    if method == 'sr':
        cfg.train_dataloader.dataset.dataset.pipeline = views
    mask = dict(type='SinglePositive') if single_positive else dict(type='KnownProportion', p=0.5)
    cfg.train_dataloader.dataset.known = mask
    cfg.train_cfg.update(max_epochs=epochs, val_interval=epochs)
    cfg.optim_wrapper.optimizer = dict(type='AdamW', lr=1e-2, weight_decay=1e-4)
    cfg.param_scheduler = None
    cfg.model.head.complements = [scaled(part) for part in cfg.model.head.get('complements', ())]
    cfg.default_hooks.logger.interval = 1
    cfg.default_hooks.checkpoint = dict(type='AtomicCheckpointHook', interval=epochs)
    complete_model(cfg)
    return cfg


def mean_average_precision(runner):
    """On the complete labels of the training images."""
    model = runner.model.eval()
    with torch.no_grad():
        results = [r for batch in runner.val_dataloader for r in model.val_step(batch)]
    scores = torch.stack([result.pred_score for result in results])
    target = torch.stack([result.gt_score for result in results])
    return float(average_precision(scores.numpy(), target.numpy().astype(np.int8))[0].mean())


def rows_of(cfg):
    file = next(Path(cfg.work_dir).glob('*/vis_data/scalars.json'))
    rows = [json.loads(line) for line in file.read_text().splitlines()]
    return [row for row in rows if 'loss_plain' in row]


def train_and_check(cfg):
    """It ends well above where it started (0.54; SR's head: 0.63), with finite losses."""
    runner = Runner.from_cfg(cfg)
    before = mean_average_precision(runner)
    runner.train()
    losses = [row['loss'] for row in rows_of(cfg)]
    assert len(losses) == cfg.train_cfg.max_epochs * IMAGES // BATCH
    assert all(map(math.isfinite, losses))
    after = mean_average_precision(runner)
    assert after > before + 0.12
    return runner


@pytest.mark.parametrize('method', METHODS)
def test_half_of_the_labels_known(method, data, tmp_path):
    runner = train_and_check(tiny(method, data, tmp_path))
    if method in NEED_ABSENT:  # the others' losses change their meaning on the way
        losses = [row['loss'] for row in rows_of(runner.cfg)]
        assert np.mean(losses[-4:]) < np.mean(losses[:4])


@pytest.mark.parametrize('method', sorted(POSITIVE_ONLY))
def test_one_known_positive_per_image(method, data, tmp_path):
    cfg = tiny(method, data, tmp_path, single_positive=True)
    if method in ('epr', 'role'):
        cfg.model.head.loss.expected_positives = 1.5
    train_and_check(cfg)


def resumed(cfg, work_dir, epochs):
    """The same training from the checkpoint of an epoch."""
    cfg = Config(cfg.to_dict())
    cfg.load_from, cfg.resume, cfg.work_dir = f'{cfg.work_dir}/epoch_{epochs}.pth', True, work_dir
    return cfg


@pytest.mark.parametrize('method', ['curriculum', 'em_apl', 'll_cp', 'll_r', 'pu', 'role'])
def test_a_resumed_training_ends_like_an_uninterrupted_one(method, data, tmp_path):
    cfg = tiny(method, data, tmp_path / 'whole', epochs=4)
    if method.startswith('ll'):
        cfg.model.head.loss.delta_rel = 10
    if method == 'pu':
        cfg.model.head.loss.queue = 20
    for complement in cfg.model.head.complements:
        complement.begin = 1
    cfg.default_hooks.checkpoint.interval = 1
    whole = Runner.from_cfg(cfg)
    whole.train()
    runner = Runner.from_cfg(resumed(cfg, str(tmp_path / 'resumed'), 2))
    runner.train()
    expected = whole.model.state_dict()
    assert expected.keys() == runner.model.state_dict().keys()
    for name, value in runner.model.state_dict().items():
        assert torch.equal(value, expected[name]), name


def banks(runner):
    return [module for module in runner.model.modules() if isinstance(module, LabelBank)]


def test_a_bank_of_another_training_set(data, tmp_path):
    cfg = tiny('ll_cp', data, tmp_path / 'first', epochs=1)
    first = Runner.from_cfg(cfg)
    first.train()
    assert [bank.values.shape for bank in banks(first)] == [(IMAGES, len(CLASSES))]
    banks(first)[0].values.fill_(1)
    first.save_checkpoint(str(tmp_path), 'marked.pth')
    write_csv(tmp_path / 'labels.csv', random_labels(20, len(CLASSES)), CLASSES, ['train'] * 20)

    cfg = tiny('ll_cp', tmp_path, tmp_path / 'second', epochs=2)
    cfg.load_from, cfg.resume = str(tmp_path / 'marked.pth'), True
    with pytest.raises(ValueError, match=r'state per label of \(32, 4\).* has \(20, 4\)'):
        Runner.from_cfg(cfg).train()
    for root, images in ((tmp_path, 20), (data, IMAGES)):
        # A new training takes the weights alone, also on data of the same size.
        cfg = tiny('ll_cp', root, tmp_path / f'third{images}', epochs=1)
        cfg.load_from = str(tmp_path / 'marked.pth')
        runner = Runner.from_cfg(cfg)
        runner.train()
        assert banks(runner)[0].values.shape == (images, len(CLASSES))
        assert not banks(runner)[0].values.any()


def test_a_second_view_that_is_missing(data, tmp_path):
    cfg = tiny('sr', data, tmp_path / 'a', epochs=1)
    del cfg.data_preprocessor.type
    with pytest.raises(ValueError, match='pseudo of the head needs a second view of every image'):
        Runner.from_cfg(cfg).train()
    # Whatever the epoch from which it is used.
    cfg = tiny('sr', data, tmp_path / 'b', epochs=1)
    cfg.model.head.complements[0].begin = 1
    cfg.train_dataloader.dataset.dataset.pipeline = cfg.val_dataloader.dataset.dataset.pipeline
    with pytest.raises(ValueError, match='expected two views of every image, but got one'):
        Runner.from_cfg(cfg).train()


@pytest.mark.parametrize('method', [*NEED_ABSENT, 'epr', 'role'])
def test_methods_that_need_absent_labels_say_so(method, data, tmp_path):
    cfg = tiny(method, data, tmp_path, epochs=1, single_positive=True)
    with pytest.raises(ValueError, match='needs labels that are known to be absent'):
        Runner.from_cfg(cfg).train()
