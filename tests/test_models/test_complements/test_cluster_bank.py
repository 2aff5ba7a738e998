import pytest
import torch
from helpers.passes import START
from helpers.two_processes import run_in_two_processes
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import draw_labels

from dsrb_mm.models import TrainingProgress
from dsrb_mm.models.complements import CategoryBatch, ClusterBank, cluster_bank
from dsrb_mm.models.complements.cluster_bank import k_means


def fill(bank, batches):
    bank.start_pass(START)
    for features, target in batches:
        bank.observe(CategoryBatch(features, target))
    return bank.finish_pass()


def entries(bank, category):
    return bank.prototypes[category][bank.counts[category] > 0]


def distance(one, other):
    return sum((a - b) ** 2 for a, b in zip(one, other, strict=True))


@given(seed=st.integers(0, 1000), number=st.integers(1, 4))
def test_prototypes_are_the_means_of_the_positives_nearest_to_them(seed, number):
    features = torch.randn(12, 3, 2, generator=torch.Generator().manual_seed(seed))
    target = draw_labels(12, 3, seed, (1, 1, 0, -1))
    bank = ClusterBank(number)
    fill(bank, [(features[:7], target[:7]), (features[7:], target[7:])])
    for c in range(3):
        positives = [features[n, c].tolist() for n in range(12) if target[n, c] == 1]
        centres = entries(bank, c).tolist()
        assert len(centres) == min(number, len(positives))
        clusters = [[] for _ in centres]
        for row in positives:
            nearest = min(range(len(centres)), key=lambda k: distance(row, centres[k]))
            clusters[nearest].append(row)
        assert bank.counts[c, : len(centres)].tolist() == [len(rows) for rows in clusters]
        for centre, rows in zip(centres, clusters, strict=True):
            mean = [sum(column) / len(rows) for column in zip(*rows, strict=True)]
            assert centre == pytest.approx(mean, abs=1e-5)


def test_separate_groups_are_found():
    centres = torch.tensor([[0.0, 0], [10, 0], [0, 10]])
    features = (centres.repeat(20, 1) + 0.1 * torch.randn(60, 2)).unsqueeze(1)
    bank = ClusterBank(3)
    assert fill(bank, [(features, torch.ones(60, 1))]) == (
        'k-means prototypes from 60 known positives; 0 of 1 categories have none'
    )
    found = sorted(entries(bank, 0).round().abs().tolist())
    assert found == sorted(centres.tolist())
    assert bank.counts.tolist() == [[20, 20, 20]]


def test_a_category_with_fewer_positives_than_prototypes_has_one_for_each():
    features = torch.arange(6.0).view(3, 2, 1)
    bank = ClusterBank(10)
    message = fill(bank, [(features, torch.tensor([[1.0, 0], [0, -1], [1, 0]]))])
    assert message == 'k-means prototypes from 2 known positives; 1 of 2 categories have none'
    assert bank.available.tolist() == [True, False]
    assert sorted(entries(bank, 0).flatten().tolist()) == [0, 4]
    assert bank.counts[0, :2].all() and not bank.counts[0, 2:].any()  # filled ones stand first


def test_equal_features_give_one_prototype_without_a_warning(recwarn):
    bank = ClusterBank(3)
    fill(bank, [(torch.ones(5, 1, 2), torch.ones(5, 1))])
    assert entries(bank, 0).tolist() == [[1, 1]] and bank.counts.tolist() == [[5, 0, 0]]
    assert not [w for w in recwarn if 'distinct clusters' in str(w.message)]


def test_the_limit_takes_the_first_of_each_category_across_batches():
    bank = ClusterBank(5, max_per_category=3)
    features = torch.arange(5.0).view(5, 1, 1)
    fill(bank, [(features[:2], torch.ones(2, 1)), (features[2:], torch.ones(3, 1))])
    assert sorted(entries(bank, 0).flatten().tolist()) == [0, 1, 2]


def test_refilling_forgets_what_was_there_before():
    bank = ClusterBank(2)
    fill(bank, [(torch.zeros(3, 2, 1), torch.ones(3, 2))])
    fill(bank, [(torch.ones(3, 2, 1), torch.tensor([[1.0, 0]] * 3))])
    assert entries(bank, 0).tolist() == [[1.0]] and bank.available.tolist() == [True, False]


def test_features_that_are_not_finite_are_left_out():
    features = torch.tensor([1.0, float('nan'), 1, float('inf')]).view(4, 1, 1)
    bank = ClusterBank(2)
    assert ' 2 known positives' in fill(bank, [(features, torch.ones(4, 1))])
    assert entries(bank, 0).tolist() == [[1.0]]


@pytest.mark.parametrize('batches', [[], [(torch.randn(3, 2, 4), torch.tensor([[0.0, -1]] * 3))]])
def test_no_image_and_no_positive(batches):
    bank = ClusterBank(2)
    fill(bank, batches)
    assert not bank.available.any()
    assert bank.is_empty == (not batches)


def test_the_same_pass_gives_the_same_prototypes():
    batch = (torch.randn(40, 2, 3), torch.ones(40, 2))
    banks = [ClusterBank(4), ClusterBank(4)]
    for bank in banks:
        torch.rand(3)
        fill(bank, [batch])
    assert torch.equal(banks[0].prototypes, banks[1].prototypes)


def test_half_precision_features_and_gradients():
    features = torch.randn(4, 1, 2, dtype=torch.bfloat16, requires_grad=True)
    bank = ClusterBank(2)
    fill(bank, [(features, torch.ones(4, 1))])
    assert bank.prototypes.dtype == torch.float32 and not bank.prototypes.requires_grad


def test_prototypes_are_saved():
    bank, other = ClusterBank(4), ClusterBank(4)
    fill(bank, [(torch.randn(9, 3, 5), torch.ones(9, 3))])
    other.load_state_dict(bank.state_dict())
    assert torch.equal(other.prototypes, bank.prototypes)
    assert torch.equal(other.counts, bank.counts)


@pytest.mark.parametrize('length', [1, 7])
def test_passes_are_due_at_begin_and_every_interval_epochs(length):
    bank = ClusterBank(begin=2, interval=3)
    due = [i for i in range(9 * length) if bank.pass_is_due(TrainingProgress(i, length, 99))]
    assert due == [2 * length, 5 * length, 8 * length]


def test_k_means_takes_no_more_clusters_than_rows():
    centres, sizes = k_means(torch.tensor([[1.0], [2.0]]), 5)
    assert sorted(centres.flatten().tolist()) == [1, 2] and sizes.tolist() == [1, 1]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(num_prototypes=0), 'num_prototypes to be at least 1'),
        (dict(max_per_category=0), 'max_per_category to be at least 1'),
        (dict(begin=-1), 'begin to be 0 or more'),
        (dict(interval=0), 'interval to be 0.01 or more'),
    ],
)
def test_bad_arguments(options, message):
    with pytest.raises(ValueError, match=message):
        ClusterBank(**options)


def test_processes_cluster_what_all_of_them_collected(tmp_path, monkeypatch):
    # Not scikit-learn's, whose threads do not survive a fork: one cluster of everything.
    monkeypatch.setattr(
        cluster_bank, 'k_means', lambda rows, _: (rows.mean(0)[None], torch.tensor([len(rows)]))
    )
    features, target = torch.randn(7, 3, 2), draw_labels(7, 3, 1, (1, 1, 0, -1))
    shares = (slice(0, 5), slice(5, 7))

    def run(rank):
        bank = ClusterBank(2)
        fill(bank, [(features[shares[rank]], target[shares[rank]])])
        torch.save(bank.state_dict(), tmp_path / f'{rank}.pt')

    assert run_in_two_processes(run, tmp_path) == []
    bank = ClusterBank(2)
    fill(bank, [(features, target)])
    for rank in range(2):
        saved = torch.load(tmp_path / f'{rank}.pt', weights_only=True)
        assert torch.equal(saved['counts'], bank.counts)
        assert torch.allclose(saved['prototypes'], bank.prototypes)
