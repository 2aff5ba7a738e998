"""What check_data says of a config before anything is trained."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.config import Config

from dsrb_mm.datasets.data_report import DataReport
from dsrb_mm.engine import training_checks
from dsrb_mm.engine.training_checks import check_batches, config_problems


def report(classes='abc', split='train', images=3):
    labels = np.ones((images, len(classes)), np.int8)
    return DataReport(split, 'CSVMultiLabel', list(classes), labels, ['x.png'] * images)


def problems(*reports, **content):
    loader = dict(batch_size=4, drop_last=False)
    cfg = Config(dict(train_dataloader=loader, model=dict(neck=dict()), **content))
    cfg.merge_from_dict(content.pop('options', {}))
    return config_problems(cfg, reports or [report()])


def test_nothing_to_say():
    assert problems() == []


def test_categories_of_another_split():
    (line,) = problems(report(), report('acb', 'val'))
    assert 'the val set to have the categories of the train set' in line and 'another order' in line


def test_categories_of_the_checkpoint_to_start_from(tmp_path):
    path = tmp_path / 'a.pth'
    torch.save(dict(state_dict={}, meta=dict(dataset_meta=dict(classes=('a', 'c', 'b')))), path)
    (line,) = problems(load_from=str(path))
    assert f'categories of load_from={path} in the same order' in line
    (line,) = problems(load_from=str(tmp_path / 'gone.pth'))
    assert 'gone.pth' in line


def test_word_vectors(tmp_path):
    path = tmp_path / 'v.npy'
    np.save(path, np.ones((2, 4), np.float32))
    (line,) = problems(options={'model.neck.word_vectors': str(path)})
    assert 'C = 3 categories, but got (2, 4)' in line
    np.save(path, np.ones((3, 4), np.float32))
    (tmp_path / 'v.classes.txt').write_text('c\nb\na\n')
    (line,) = problems(options={'model.neck.word_vectors': str(path)})
    assert 'in another order' in line


@pytest.mark.parametrize(
    ('loss', 'message'),
    [
        (dict(type='HillLoss', lamda=2), "unexpected keyword argument 'lamda'"),
        (dict(type='HillLoss', lam=-1.0), 'expected lam to be'),
        (dict(type='HilLoss'), 'HilLoss is not in the mmpretrain::model registry'),
    ],
)
def test_a_model_that_cannot_be_built(loss, message):
    head = dict(type='PartialLabelLinearHead', loss=loss)
    backbone = dict(type='ResNet', depth=18, base_channels=8)
    model = dict(type='ImageClassifier', neck=dict(type='GlobalAveragePooling'), head=head)
    *_, line = problems(options=dict(model=model | dict(backbone=backbone)))
    assert line.startswith('the model cannot be built: ') and message in line


def test_channels_that_do_not_fit_the_backbone():
    backbone = dict(type='ResNet', depth=18, base_channels=8)
    head = dict(type='PartialLabelLinearHead', num_classes=3, in_channels=512)
    (line,) = problems(
        options=dict(
            model=dict(backbone=backbone, neck=dict(type='GlobalAveragePooling'), head=head)
        )
    )
    assert line == (
        'expected model.head.in_channels to be 64, the channels that come in, but got 512'
    )


def test_fewer_images_than_a_batch():
    (line,) = problems(options={'train_dataloader.drop_last': True})
    assert line.startswith('the training set has 3 samples, too few for one batch of 4')
    assert problems(report(images=4), options={'train_dataloader.drop_last': True}) == []


def test_an_epoch_without_a_batch_is_refused():
    data = list(range(3))
    loader = torch.utils.data.DataLoader(data, batch_size=4, drop_last=True)
    with pytest.raises(ValueError, match='batch_size to at most 3, or train_dataloader.drop_last'):
        check_batches(SimpleNamespace(train_dataloader=loader))
    check_batches(SimpleNamespace(train_dataloader=torch.utils.data.DataLoader(data, 3)))


def test_settings_that_do_nothing():
    assert problems(lod_from='x') == ['nothing reads lod_from; did you mean load_from?']


def test_mixed_precision_needs_a_gpu(monkeypatch):
    cfg = Config(dict(optim_wrapper=dict(type='AmpOptimWrapper')))
    monkeypatch.setattr(training_checks, 'get_device', lambda: 'cpu')
    with pytest.raises(ValueError, match=r'trains on a GPU, .* optim_wrapper.type=OptimWrapper'):
        training_checks.check_precision(cfg)
    training_checks.check_precision(Config(dict(optim_wrapper=dict(type='OptimWrapper'))))
    monkeypatch.setattr(training_checks, 'get_device', lambda: 'cuda')
    training_checks.check_precision(cfg)
