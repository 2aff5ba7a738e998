"""Settings that would do nothing are refused, with the key that works."""

import pytest
from helpers.training import CONFIGS
from mmengine.config import Config

from dsrb_mm.engine.config_keys import merge_options, unread_keys


@pytest.fixture
def cfg():
    return Config.fromfile(CONFIGS / 'dsrb_csv.py')


SPLITS = ('train', 'val', 'test')


def for_all(key):
    return '; use ' + ', '.join(f'{split}_dataloader.{key}' for split in SPLITS)


@pytest.mark.parametrize(
    ('key', 'message'),
    [
        # The names at the top of the configs, which are used inside the file.
        ('batch_size', for_all('batch_size')),
        ('lr', '; use optim_wrapper.optimizer.lr'),
        ('data_root', for_all('dataset.dataset.data_root')),
        ('ann_file', for_all('dataset.dataset.ann_file')),
        ('data.ann_file', for_all('dataset.dataset.ann_file')),
        ('image_folder', for_all('dataset.dataset.data_prefix.img_path')),
        ('word_vectors', '; use model.neck.word_vectors'),
        ('max_epochs', '; use train_cfg.max_epochs'),
        # Misspelt.
        ('train_dataloder.batch_size', 'did you mean train_dataloader.batch_size?'),
        ('batch_szie', 'did you mean train_dataloader.batch_size'),
        ('max_epoch', 'did you mean train_cfg.max_epochs?'),
        ('data_rot', 'did you mean train_dataloader.dataset.dataset.data_root'),
        ('lrr', 'did you mean optim_wrapper.optimizer.lr?'),
        ('load_form', 'did you mean load_from?'),
        ('resum', 'did you mean resume?'),
        ('qqq', 'nothing reads it'),
        ('env_cfg.cudnn_benchmrk', 'did you mean env_cfg.cudnn_benchmark?'),
        ('train_cfg.max_epoch', 'did you mean train_cfg.max_epochs?'),
        ('auto_scale_lr.enabled', 'did you mean auto_scale_lr.enable?'),
        ('default_hooks.loger.interval', 'did you mean default_hooks.logger.interval?'),
        ('default_hooks.checkpoint.intervall', 'did you mean default_hooks.checkpoint.interval?'),
        (
            'optim_wrapper.optimizer.weight_dcay',
            'did you mean optim_wrapper.optimizer.weight_decay',
        ),
        ('optim_wrapper.paramwise_cfg.bias_mult', 'paramwise_cfg.bias_lr_mult?'),
        ('model.backbone.depht', 'model.backbone (ResNet) has no'),
        ('model.head.loss.gama', 'did you mean model.head.loss.gamma?'),
        ('train_dataloader.dataset.knwn.type', 'did you mean train_dataloader.dataset.known.type?'),
        ('test_evaluator.csv_pth', 'did you mean test_evaluator.csv_path?'),
        ('visualizer.vis_backends.7.type', 'exceeds the length'),
    ],
)
def test_keys_that_nothing_reads(cfg, key, message):
    with pytest.raises(ValueError) as caught:
        merge_options(cfg, {key: 1})
    assert str(caught.value).startswith(f'--cfg-options {key}') and message in str(caught.value)


def test_keys_that_work(cfg):
    options = {
        'budget': 400,
        'method': 'DSRB',
        'work_dir': 'x',
        'env_cfg.cudnn_benchmark': True,
        'env_cfg.dist_cfg.backend': 'gloo',
        'default_hooks.ema.type': 'EMAHook',
        'default_hooks.ema.momentum': 0.1,
        'default_hooks.ema.priority': 'LOW',
        'default_hooks.checkpoint.max_keep_ckpts': 1,
        'custom_hooks': [],
        'model.head.loss.gamma': 1,
        'model.head.complements.0.begin': 2,
        'model.backbone.init_cfg': None,
        'optim_wrapper.clip_grad.max_norm': 1.0,
        'optim_wrapper.paramwise_cfg.custom_keys.neck.lr_mult': 0.1,
        'optim_wrapper.accumulative_counts': 2,
        'train_dataloader.dataset.known_proportion': None,
        'train_dataloader.dataset.known.type': 'KnownPerCategory',
        'train_dataloader.dataset.known.number': 20,
        'train_dataloader.dataset.dataset.ignore_columns': ['a'],
        'train_dataloader.dataset.dataset.classes': ['b'],
        'train_dataloader.num_batch_per_epoch': 2,
        'train_dataloader.dataset.dataset.pipeline.0.max_pixels': 3,
        'train_cfg.val_begin': 2,
        'model_wrapper_cfg.static_graph': True,
        'val_evaluator.prefix': 'x',
        'log_processor.window_size': 2,
        'auto_scale_lr.enable': True,
    }
    merge_options(cfg, options)
    assert cfg.train_dataloader.dataset.known == dict(type='KnownPerCategory', number=20)
    assert cfg.default_hooks.ema.momentum == 0.1


@pytest.mark.parametrize('name', ['sr_csv_modern', 'hst_coco', 'role_vg_modern', 'bce_csv_cpu'])
def test_shipped_configs_are_read_wholly(name):
    assert unread_keys(Config.fromfile(CONFIGS / f'{name}.py')) == []


def test_files_with_misspelt_keys(cfg):
    cfg.load_form = 'x.pth'
    cfg.my_own = 1
    cfg.model.head.num_clases = 3
    cfg.default_hooks.checkpoint.intervall = 3
    assert unread_keys(cfg) == [
        'nothing reads load_form; did you mean load_from?',
        'default_hooks.checkpoint.intervall: default_hooks.checkpoint (AtomicCheckpointHook) has '
        "no 'intervall'; did you mean default_hooks.checkpoint.interval?",
        "model.head.num_clases: model.head (DSRBHead) has no 'num_clases'; did you mean "
        'model.head.num_classes?',
    ]
