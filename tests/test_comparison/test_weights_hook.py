from types import SimpleNamespace

import pytest
import torch
from mmengine.hooks import EMAHook
from mmengine.runner import get_priority

from dsrb_mm.comparison.weights_hook import WeightsHook


def validate(values):
    model = torch.nn.Linear(1, 1, bias=False)
    hook = WeightsHook()
    for epoch, value in enumerate(values, 1):
        torch.nn.init.constant_(model.weight, epoch)
        runner = SimpleNamespace(model=model, epoch=epoch)
        hook.after_val_epoch(runner, {'multi-label/mAP': value})
    return hook, hook.chosen['weight'].item(), hook.last['weight'].item()


@pytest.mark.parametrize(
    ('values', 'epoch', 'best'),
    [
        ([1, 3, 2], 2, 3),
        ([1, 3, 3], 2, 3),
        ([float('nan'), 1, 0], 2, 1),
        ([2, float('nan')], 1, 2),
        ([float('nan'), float('nan')], 2, None),
    ],
)
def test_the_first_of_the_best_epochs_is_chosen(values, epoch, best):
    hook, chosen, last = validate(values)
    assert hook.chosen_epoch == chosen == epoch
    assert hook.best == best
    assert last == len(values)


def test_weights_are_taken_before_averages_are_put_away():
    assert get_priority(WeightsHook.priority) < get_priority(EMAHook.priority)
