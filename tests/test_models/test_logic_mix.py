import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmpretrain.models import RandomBatchAugment
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from oracles.wiring import draw_labels

from dsrb_mm.models import LogicMix
from dsrb_mm.models.logic_mix import join_labels


def logical_or(labels):
    if any(label == 1 for label in labels):
        return 1
    return 0 if all(label == 0 for label in labels) else -1


@given(seed=st.integers(0, 1000), k=st.integers(2, 4), batch=st.integers(1, 6))
def test_images_are_means_of_k_different_ones_and_labels_their_or(seed, k, batch):
    torch.manual_seed(seed)
    # Image n holds 5 to the power of n: the mean tells which images it is made of.
    images = (5.0 ** torch.arange(batch)).view(batch, 1, 1, 1).expand(batch, 3, 2, 2)
    labels = draw_labels(batch, 5, seed)
    mixed, joined = LogicMix(k)(images.double(), labels)
    number, used = min(k, batch), [0] * batch
    for n in range(batch):
        assert (mixed[n] == mixed[n, 0, 0, 0]).all()
        total = round(mixed[n, 0, 0, 0].item() * number)
        digits = [total // 5**i % 5 for i in range(batch)]
        members = [i for i, digit in enumerate(digits) if digit]
        assert len(members) == sum(digits) == number and n in members
        used = [count + digit for count, digit in zip(used, digits, strict=True)]
        for c in range(5):
            assert joined[n, c] == logical_or(labels[members, c].tolist())
    assert used == [number] * batch


def test_all_combinations_of_two_labels():
    one, other = torch.meshgrid(*[torch.tensor([1.0, 0, -1])] * 2, indexing='ij')
    assert join_labels([one, other]).tolist() == [[1, 1, 1], [1, 0, -1], [1, -1, -1]]


def test_the_or_never_contradicts_what_the_unknown_labels_may_be():
    """Whatever the unknown labels are, a known joined label is the true one."""
    labels = [draw_labels(20, 6, seed) for seed in (0, 1, 2)]
    joined = join_labels(labels)
    for seed in range(20):
        true = [
            torch.where(row == -1, draw_labels(20, 6, seed + 50, (0, 1)), row) for row in labels
        ]
        assert (joined[joined >= 0] == torch.stack(true).amax(0)[joined >= 0]).all()
    assert (joined == -1).any()


def test_mixtures_differ_from_call_to_call():
    images = torch.arange(8.0).view(8, 1, 1, 1)
    mix = LogicMix()
    assert len({tuple(mix(images, torch.zeros(8, 1))[0].flatten().tolist()) for _ in range(9)}) > 5


def test_integer_labels_become_float():
    labels = LogicMix()(torch.zeros(2, 3, 4, 4), torch.tensor([[1, -1], [0, 0]]))[1]
    assert labels.dtype == torch.float32 and labels.tolist() == [[1, -1], [1, -1]]


def test_as_a_config_of_the_data_preprocessor():
    preprocessor = MODELS.build(
        dict(
            type='ClsDataPreprocessor',
            batch_augments=dict(augments=[dict(type='LogicMix', k=2)], probs=[1.0]),
        )
    )
    assert isinstance(preprocessor.batch_augments, RandomBatchAugment)
    samples = [DataSample().set_gt_score(torch.tensor(s)) for s in ([1.0, 0, -1], [-1.0, 0, 0])]
    data = dict(inputs=[torch.zeros(3, 4, 4), torch.ones(3, 4, 4)], data_samples=samples)
    mixed = preprocessor(data, training=True)
    assert (mixed['inputs'] == 0.5).all()
    assert [s.gt_score.tolist() for s in mixed['data_samples']] == [[1, 0, -1]] * 2
    plain = preprocessor(dict(data, data_samples=samples), training=False)
    assert (plain['inputs'] != 0.5).all()


@pytest.mark.parametrize('k', [1, 0, -2])
def test_bad_number(k):
    with pytest.raises(ValueError, match=f'k to be at least 2, but got {k}'):
        LogicMix(k)
