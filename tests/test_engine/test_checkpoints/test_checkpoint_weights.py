import pytest
import torch
from mmengine.logging import HistoryBuffer

from dsrb_mm.engine.checkpoints.checkpoint_weights import load_weights, read_checkpoint
from dsrb_mm.models.complements import PrototypeBank


def model():
    return torch.nn.ModuleDict(dict(head=torch.nn.Linear(3, 2)))


def test_wrapped_bare_and_parallel_weights(tmp_path):
    state = model().state_dict()
    for content in (state, dict(state_dict=state), {f'module.{k}': v for k, v in state.items()}):
        torch.save(content, tmp_path / 'a.pth')
        target = model()
        load_weights(target, read_checkpoint(tmp_path / 'a.pth'), 'a.pth')
        assert torch.equal(target['head'].weight, state['head.weight'])


def test_no_code_is_run(tmp_path):
    state = model().state_dict()
    torch.save(dict(state_dict=state, message_hub=HistoryBuffer([1.0], [1])), tmp_path / 'a.pth')
    with pytest.raises(ValueError, match='(?s)could run code.*weights_only=False') as caught:
        read_checkpoint(tmp_path / 'a.pth')
    # The command the message names.
    command = str(caught.value).split('-c "')[1].rsplit('"', 1)[0]
    exec(command.replace("'weights.pth'", repr(str(tmp_path / 'weights.pth'))))
    assert read_checkpoint(tmp_path / 'weights.pth')['state_dict'].keys() == state.keys()


def test_not_a_checkpoint(tmp_path):
    with pytest.raises(FileNotFoundError, match='gone.pth'):
        read_checkpoint(tmp_path / 'gone.pth')
    torch.save(model().state_dict(), tmp_path / 'a.pth')
    whole = (tmp_path / 'a.pth').read_bytes()
    for content in (b'', b'text', whole[: len(whole) // 2]):
        (tmp_path / 'b.pth').write_bytes(content)
        with pytest.raises(ValueError, match='b.pth'):
            read_checkpoint(tmp_path / 'b.pth')
    torch.save([1, 2], tmp_path / 'b.pth')
    with pytest.raises(ValueError, match='dict, but got list'):
        read_checkpoint(tmp_path / 'b.pth')


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda s: s.pop('head.bias'), r"1 weights missing: \['head.bias'\]"),
        (lambda s: s.update({'neck.w': torch.zeros(1)}), r"unknown to the model: \['neck.w'\]"),
        (lambda s: s.update({'head.bias': torch.zeros(5)}), 'size mismatch for head.bias'),
        (lambda s: (s.clear(), s.update(x=torch.zeros(1))), 'none of its 1 weights'),
    ],
)
def test_weights_that_do_not_fit(change, message):
    state = dict(model().state_dict())
    change(state)
    with pytest.raises(ValueError, match=f'(?s)x.pth to fit the config.*{message}'):
        load_weights(model(), dict(state_dict=state), 'x.pth')


class Head(torch.nn.Linear):
    training_only = ('helper.', 'seen')

    def __init__(self, rows=3):
        super().__init__(3, 2)
        self.helper = torch.nn.Linear(3, rows)
        self.register_buffer('seen', torch.zeros(1))


def test_what_only_training_reads_may_differ():
    def build(rows=3):
        return torch.nn.ModuleDict(dict(part=torch.nn.Sequential(Head(rows))))

    whole = build().state_dict()
    # Of another shape, missing, unknown.
    load_weights(build(5), dict(state_dict=whole), 'x.pth')
    needed = {name: whole[name] for name in ('part.0.weight', 'part.0.bias')}
    load_weights(build(), dict(state_dict=needed), 'x.pth')
    more = whole | {'part.0.helper.more': torch.zeros(4)}
    target = build()
    load_weights(target, dict(state_dict=more), 'x.pth')
    assert torch.equal(target['part'][0].helper.weight, whole['part.0.helper.weight'])
    for name in ('part.0.weight', 'helper.weight'):
        state = {k: v for k, v in whole.items() if k != name} | {name: torch.zeros(7)}
        with pytest.raises(ValueError, match='fit the config'):
            load_weights(build(), dict(state_dict=state), 'x.pth')


def test_buffers_sized_by_data_are_loaded_in_the_size_of_the_checkpoint():
    def with_bank():
        complements = torch.nn.ModuleDict(dict(x=PrototypeBank()))
        return torch.nn.ModuleDict(dict(head=torch.nn.ModuleDict(dict(complements=complements))))

    source, target = with_bank(), with_bank()
    bank = source['head']['complements']['x']
    bank.prototypes, bank.counts = torch.randn(3, 4, 2), torch.ones(3, 4, dtype=torch.long)
    load_weights(target, dict(state_dict=source.state_dict()), 'x.pth')
    assert torch.equal(target['head']['complements']['x'].prototypes, bank.prototypes)
