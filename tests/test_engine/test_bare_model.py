from torch import nn

from dsrb_mm.engine.bare_model import names_in_state


class Part(nn.Module):
    rows = ('weight', 'bank.')


def test_names_stand_as_in_the_state_dict():
    model = nn.ModuleDict(dict(a=nn.Sequential(nn.ReLU(), Part()), b=Part()))
    assert names_in_state(model, 'rows') == ('a.1.weight', 'a.1.bank.', 'b.weight', 'b.bank.')
    assert names_in_state(Part(), 'rows') == Part.rows
    assert names_in_state(model, 'other') == ()
