import pytest
import torch

from dsrb_mm.models import Complement, TrainingProgress


class Named(Complement):
    name = 'named'


def test_name_is_the_argument_the_class_attribute_or_the_class():
    class Plain(Complement):
        pass

    assert Named().name == 'named'
    assert Named(name='other').name == 'other'
    assert Plain().name == 'Plain'


@pytest.mark.parametrize('begin', [0, 2, 1.5])
def test_it_is_active_from_its_epoch_on(begin):
    complement = Named(begin)
    assert not complement.is_active
    for iteration in range(12):
        complement.advance(TrainingProgress(iteration, 4, 12))
        assert complement.is_active == (iteration >= 4 * begin)
        assert complement.active == int(complement.is_active)


def test_whether_it_is_active_is_in_the_checkpoint():
    active, other = Named(), Named()
    active.set_active(True)
    other.load_state_dict(active.state_dict())
    assert other.is_active
    other.load_state_dict(Named().state_dict())
    assert not other.is_active


def test_bad_begin():
    with pytest.raises(ValueError, match='begin to be 0 or more, but got -1'):
        Named(-1)


def test_a_subclass_has_to_implement_forward():
    with pytest.raises(NotImplementedError):
        Named()(None)
    assert Named().extra_losses(None) == {} == Named().scalars()


def test_to_moves_the_flag_with_the_module():
    complement = Named()
    complement.set_active(True)
    assert complement.to(torch.float64).active == 1
