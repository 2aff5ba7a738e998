from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmengine.runner import BaseLoop
from torch import nn

from dsrb_mm.engine.checkpoints.checkpoint_weights import WeightMismatchError
from dsrb_mm.engine.hooks import CategoryCheckHook
from dsrb_mm.words.categories import CategoryMismatchError


class Part(nn.Module):
    def __init__(self, num_classes=None):
        super().__init__()
        if num_classes is not None:
            self.num_classes = num_classes


def runner(train, val=None, **parts):
    def loader(classes):
        return SimpleNamespace(dataset=SimpleNamespace(metainfo=dict(classes=classes)))

    return SimpleNamespace(
        model=nn.ModuleDict(parts),
        train_dataloader=loader(train),
        val_dataloader=loader(val),
        val_loop=None if val is None else 'loop',
    )


@pytest.fixture
def check():
    return CategoryCheckHook().before_train


def test_what_fits_is_passed(check):
    # A backbone may have been trained on other categories.
    check(runner('abc', 'abc', backbone=Part(1000), neck=Part(), head=Part(3)))
    check(runner(None, head=Part(5)))


def test_every_part_with_a_wrong_number_is_named_with_its_settings(check):
    wrong = runner('abc', neck=Part(3), head=Part(5), backbone=Part(7))
    with pytest.raises(CategoryMismatchError) as caught:
        check(wrong)
    assert str(caught.value) == (
        'expected the model to have 3 categories, as the training set has, but got '
        'head.num_classes = 5; set model.neck.num_classes=3 model.head.num_classes=3, or leave '
        'num_classes out: it is read from the data'
    )


@pytest.mark.parametrize(
    ('val', 'message'),
    [('acb', 'in another order'), ('abd', "only in the training set: .'c'"), ('ab', '2 instead')],
)
def test_other_categories_in_the_validation_set(check, val, message):
    with pytest.raises(CategoryMismatchError, match=message):
        check(runner('abc', val, head=Part(3)))


class Loop(BaseLoop):
    def __init__(self):
        pass

    def run(self):
        pass


def load(checkpoint, data='abc', resume=False, test=False):
    """What the hook says of a checkpoint for a linear model of three categories."""
    loader = SimpleNamespace(dataset=SimpleNamespace(metainfo=dict(classes=data)))
    loops = dict(_test_loop=Loop() if test else {}, _train_loop={} if test else Loop())
    CategoryCheckHook().after_load_checkpoint(
        SimpleNamespace(
            model=nn.Linear(2, 3),
            train_dataloader=loader,
            test_dataloader=loader,
            _load_from='old.pth',
            _resume=resume,
            **loops,
        ),
        checkpoint,
    )


def saved(classes, **state):
    meta = {} if classes is None else dict(dataset_meta=dict(classes=tuple(classes)))
    return dict(state_dict=state or nn.Linear(2, 3).state_dict(), meta=meta)


@pytest.mark.parametrize('how', [dict(), dict(resume=True), dict(test=True)])
def test_checkpoints_of_other_categories(how):
    load(saved('abc'), **how)
    load(saved(None), **how)
    with pytest.raises(CategoryMismatchError, match="another order .'b' instead of 'c' at place 2"):
        load(saved('acb'), **how)
    with pytest.raises(CategoryMismatchError, match='only in the checkpoint: ..d'):
        load(saved('abd'), **how)


def test_training_other_categories_may_start_from_the_backbone_alone():
    with pytest.raises(CategoryMismatchError, match='init_cfg.checkpoint=old.pth .*prefix=backb'):
        load(saved('abd'))


def test_training_may_start_from_some_weights_but_not_from_none():
    weight = nn.Linear(2, 3).weight
    load(saved(None, weight=weight))
    load(dict(weight=weight))
    for state in (dict(fc=weight), dict(weight=torch.zeros(4, 2))):
        with pytest.raises(WeightMismatchError, match='old.pth to hold weights of the model'):
            load(saved(None, **state))
    with pytest.raises(WeightMismatchError, match='1 weights missing'):
        load(saved(None, weight=weight), resume=True)


def test_word_vectors_of_other_categories(check, tmp_path):
    path = tmp_path / 'v.npy'
    np.save(path, np.ones((3, 2), np.float32))
    neck = Part(3)
    neck.word_vector_source = path
    check(runner('abc', neck=neck))  # nobody has noted for which categories they are
    names = tmp_path / 'v.classes.txt'
    names.write_text('A\nb\nc\n')  # spelling does not count
    check(runner('abc', neck=neck))
    names.write_text('a\nc\nb\n')
    with pytest.raises(CategoryMismatchError, match=f'word vectors {path} .* in another order'):
        check(runner('abc', neck=neck))
    neck.word_vector_source = 'dsrb_mm::voc_minilm'
    with pytest.raises(CategoryMismatchError, match='dsrb_mm::voc_minilm .* got 20 instead of 3'):
        check(runner('abc', neck=neck))
