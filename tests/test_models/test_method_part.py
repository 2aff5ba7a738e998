from fractions import Fraction

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dsrb_mm.models import MethodPart, TrainingProgress


@given(
    length=st.integers(1, 60),
    begin=st.integers(0, 6),
    interval=st.integers(1, 4),
)
def test_whole_epochs_are_due_at_their_first_iteration_alone(length, begin, interval):
    due = [i for i in range(12 * length) if TrainingProgress(i, length, 0).is_due(begin, interval)]
    assert due == [length * epoch for epoch in range(begin, 12, interval)]


@given(
    length=st.integers(4, 2000),
    begin=st.sampled_from([0, 0.5, 1.25]),
    interval=st.sampled_from([0.25, 0.5, 1.5, 3]),
)
def test_parts_of_epochs_are_due_once_each(length, begin, interval):
    due = [i for i in range(4 * length) if TrainingProgress(i, length, 0).is_due(begin, interval)]
    exact, step = Fraction(begin), Fraction(interval)
    turns = [exact + n * step for n in range(20) if round((exact + n * step) * length) < 4 * length]
    assert due == [round(turn * length) for turn in turns]


def test_epoch():
    assert TrainingProgress(6, 4, 40).epoch == 1.5


def test_a_part_that_overrides_nothing_does_nothing():
    part = MethodPart()
    progress = TrainingProgress(0, 4, 8)
    assert part.see_labels(None) is None and part.advance(progress) is None
    assert not part.pass_is_due(progress)
    part.start_pass(progress)
    part.observe(None)
    assert part.finish_pass() == ''
    assert part.state_dict() == {}


class Sized(MethodPart):
    sized_by_data = ('table',)

    def __init__(self, *shape):
        super().__init__()
        self.register_buffer('table', torch.zeros(*shape, dtype=torch.long))
        self.weight = nn.Parameter(torch.zeros(2))


@pytest.mark.parametrize('own', [(0,), (3, 2), (5,)])
@pytest.mark.parametrize('saved', [(0,), (3, 2), (0, 4)])
def test_buffers_sized_by_data_take_the_shape_of_the_checkpoint(own, saved):
    source, model = Sized(*saved), nn.Sequential(Sized(*own))
    source.table.fill_(7)
    model.load_state_dict({f'0.{name}': value for name, value in source.state_dict().items()})
    assert torch.equal(model[0].table, source.table)
    assert model[0].table.dtype == torch.long
    assert 'table' in dict(model[0].named_buffers())


def test_other_state_keeps_its_shape():
    with pytest.raises(RuntimeError, match='size mismatch for weight'):
        Sized(0).load_state_dict(dict(table=torch.zeros(1), weight=torch.zeros(3)))
    report = Sized(3).load_state_dict(dict(weight=torch.ones(2)), strict=False)
    assert report.missing_keys == ['table']
