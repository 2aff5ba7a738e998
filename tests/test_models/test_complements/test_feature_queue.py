import pytest
import torch
from helpers.two_processes import run_in_two_processes
from hypothesis import given
from hypothesis import strategies as st
from oracles.wiring import draw_labels

from dsrb_mm.models.complements import CategoryBatch, FeatureQueue


def make_queue(size, categories, channels=1):
    queue = FeatureQueue(size)
    queue.build_layers(categories, channels)
    return queue


def entries(queue, category):
    kept = queue.prototypes[category][queue.counts[category] > 0]
    return sorted(kept.flatten().tolist())


@given(
    seed=st.integers(0, 1000),
    size=st.integers(1, 6),
    batches=st.lists(st.integers(1, 9), min_size=1, max_size=4),
)
def test_keeps_the_last_positives_of_each_category(seed, size, batches):
    torch.manual_seed(seed)
    queue, latest = make_queue(size, 3), [[], [], []]
    for k, number in enumerate(batches):
        features = torch.randn(number, 3, 1)
        target = draw_labels(number, 3, seed + k, (1, 1, 0, -1))
        queue.see_batch(CategoryBatch(features, target))
        for n in range(number):
            for c in range(3):
                if target[n, c] == 1:
                    latest[c] = [*latest[c], features[n, c].item()][-size:]
    for c in range(3):
        assert entries(queue, c) == sorted(latest[c])
        assert bool(queue.available[c]) == bool(latest[c])


def test_a_batch_without_positives_changes_nothing():
    queue = make_queue(2, 1)
    queue.see_batch(CategoryBatch(torch.ones(1, 1, 1), torch.ones(1, 1)))
    queue.see_batch(CategoryBatch(torch.zeros(2, 1, 1), torch.tensor([[0.0], [-1]])))
    assert entries(queue, 0) == [1]


def test_the_queue_goes_on_from_a_checkpoint():
    def feed(queue, values):
        features = torch.tensor(values).view(-1, 1, 1)
        queue.see_batch(CategoryBatch(features, torch.ones(len(values), 1)))

    queue, other = make_queue(3, 1), make_queue(3, 1)
    feed(queue, [1.0, 2, 3, 4])
    other.load_state_dict(queue.state_dict())
    for part in (queue, other):
        feed(part, [5.0])
    assert entries(other, 0) == entries(queue, 0) == [3, 4, 5]
    assert torch.equal(other.seen, queue.seen)


def test_no_gradient_is_kept_and_half_precision_is_taken():
    queue = make_queue(2, 1, channels=3)
    features = torch.randn(2, 1, 3, dtype=torch.bfloat16, requires_grad=True)
    queue.see_batch(CategoryBatch(features, torch.ones(2, 1)))
    assert queue.prototypes.dtype == torch.float32 and not queue.prototypes.requires_grad


def test_bad_size():
    with pytest.raises(ValueError, match='size to be at least 1, but got 0'):
        FeatureQueue(0)


def test_processes_keep_the_features_of_all_of_them(tmp_path):
    batches = [(torch.randn(5, 3, 2), draw_labels(5, 3, seed, (1, 0, -1))) for seed in (0, 1)]
    shares = (slice(0, 3), slice(3, 5))  # of different length

    def run(rank):
        queue = make_queue(4, 3, channels=2)
        for features, target in batches:
            queue.see_batch(CategoryBatch(features[shares[rank]], target[shares[rank]]))
        torch.save(queue.state_dict(), tmp_path / f'{rank}.pt')

    assert run_in_two_processes(run, tmp_path) == []
    queue = make_queue(4, 3, channels=2)
    for features, target in batches:
        queue.see_batch(CategoryBatch(features, target))
    for rank in range(2):
        saved = torch.load(tmp_path / f'{rank}.pt', weights_only=True)
        assert all(torch.equal(saved[k], value) for k, value in queue.state_dict().items())
