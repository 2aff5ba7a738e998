from types import SimpleNamespace

import pytest
from torch import nn

from dsrb_mm.engine.hooks import CategoryCheckHook
from dsrb_mm.engine.hooks.category_check_hook import CategoryMismatchError


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
