import copy
import multiprocessing

import numpy as np
import pytest
import torch
from helpers.two_processes import run_in_two_processes
from hypothesis import given
from hypothesis import strategies as st
from torch import nn

from dsrb_mm.models.label_bank import LabelBank, gather_rows

needs_fork = pytest.mark.skipif(
    'fork' not in multiprocessing.get_all_start_methods(), reason='needs fork'
)
LABELS = np.zeros((6, 3), np.int8)


def ready(start=0.0, labels=LABELS):
    bank = LabelBank(start)
    bank.see_labels(labels)
    return bank


@given(st.lists(st.lists(st.integers(0, 5), unique=True, max_size=4), max_size=6), st.floats(-9, 9))
def test_it_reads_what_was_written_last(writes, start):
    bank, expected = ready(start), dict.fromkeys(range(6), torch.full((3,), start))
    for turn, rows in enumerate(writes):
        values = torch.randn(len(rows), 3, generator=torch.Generator().manual_seed(turn))
        bank.write(torch.tensor(rows, dtype=torch.long), values)
        expected.update(zip(rows, values, strict=True))
    found = bank.read(torch.arange(6))
    assert found.dtype == torch.float32
    rounded = torch.stack([expected[row] for row in range(6)]).half().float()
    assert torch.equal(found, rounded)


def test_two_bytes_per_label():
    bank = ready()
    assert bank.values.element_size() * bank.values.numel() == 2 * LABELS.size


def test_what_was_written_carries_no_gradient_and_can_be_changed():
    bank = ready()
    values = torch.ones(1, 3, requires_grad=True)
    bank.write(torch.tensor([2]), values)
    found = bank.read(torch.tensor([2]))
    assert not found.requires_grad
    found += 1
    assert torch.equal(bank.read(torch.tensor([2])), torch.ones(1, 3))


def test_a_checkpoint_keeps_it():
    bank = ready(start=-1)
    bank.write(torch.tensor([4]), torch.tensor([[0.25, 0.5, 1.0]]))
    state = copy.deepcopy(nn.ModuleDict(dict(bank=bank)).state_dict())
    resumed = nn.ModuleDict(dict(bank=LabelBank(start=-1)))
    resumed.load_state_dict(state)
    resumed.bank.see_labels(LABELS)
    assert torch.equal(resumed.bank.values, bank.values)
    # Weights alone do not bring it: model.load_state_dict of a state without a bank.
    assert list(state) == ['bank.values']


@pytest.mark.parametrize('shape', [(5, 3), (7, 3), (6, 4)])
def test_a_bank_of_another_training_set_is_refused_unless_it_is_dropped(shape):
    resumed = LabelBank()
    resumed.load_state_dict(ready(start=2).state_dict())
    labels = np.zeros(shape, np.int8)
    with pytest.raises(ValueError, match=r'\(6, 3\) .* but the training set has') as error:
        resumed.see_labels(labels)
    assert str(shape) in str(error.value)
    resumed.forget()
    resumed.see_labels(labels)
    assert resumed.values.shape == shape
    assert not resumed.values.any()


def test_use_before_it_is_set_up():
    for use in (
        lambda: LabelBank().read(torch.tensor([0])),
        lambda: LabelBank().write(torch.tensor([0]), torch.zeros(1, 3)),
    ):
        with pytest.raises(RuntimeError, match=r'add dict\(type="MethodHook"\)'):
            use()
    with pytest.raises(RuntimeError, match="keep 'sample_idx' in the meta_keys"):
        ready().read(None)


# Rows of the two processes: of different number, of one image in both, and of none.
SHARES = [([3], [0, 5, 1]), ([2, 4], [1, 0]), ([], [2]), ([], [])]


@needs_fork
def test_processes_hold_the_same_whatever_the_sizes_of_their_batches(tmp_path):
    def write(rank):
        bank, expected = ready(), torch.zeros(6, 3)
        for turn, shares in enumerate(SHARES):
            values = torch.arange(18.0).reshape(6, 3) + 100 * turn
            rows = torch.tensor(shares[rank], dtype=torch.long)
            bank.write(rows, values[rows])
            both = torch.tensor(shares[0] + shares[1], dtype=torch.long)
            expected[both] = values[both]
            assert torch.equal(bank.values.float(), expected)

    assert run_in_two_processes(write, tmp_path) == []


@needs_fork
def test_gathered_rows_are_in_the_order_of_the_processes(tmp_path):
    def gather(rank):
        numbers = torch.arange(3) if rank == 0 else torch.arange(10, 11)
        first, second = gather_rows(numbers, numbers[:, None, None].float() * torch.ones(2, 2))
        assert first.tolist() == [0, 1, 2, 10]
        assert second.shape == (4, 2, 2)
        assert torch.equal(second[:, 0, 1].long(), first)

    assert run_in_two_processes(gather, tmp_path) == []


def test_in_one_process_nothing_is_copied():
    values = torch.randn(2, 3)
    (gathered,) = gather_rows(values)
    assert gathered is values
