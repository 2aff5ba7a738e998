import numpy as np
import pytest

from dsrb_mm.comparison import RunScores, compare_to_baseline


def run(rng, labels, strength):
    logits = strength * labels + rng.normal(size=labels.shape)
    logits = logits.astype(np.float32)
    return RunScores(logits, logits, labels.astype(np.int8))


@pytest.fixture
def scores():
    rng = np.random.default_rng(0)
    labels = (rng.random((60, 5)) < 0.3).astype(np.int8)
    strengths = dict(base=1.0, better=2.5, same=1.0)
    keys = [(m, k, s) for m in strengths for k in ('10 %', '50 %') for s in (0, 1, 2)]
    return {key: run(rng, labels, strengths[key[0]]) for key in keys}


def test_a_better_method_is_better_and_the_baseline_equals_itself(scores):
    found = {(d.method, d.known): d for d in compare_to_baseline(scores, 'base', 200)}
    assert set(found) == {(m, k) for m in ('better', 'same') for k in ('10 %', '50 %', 'average')}
    better = found['better', 'average']
    assert 0 < better.low < better.value < better.high
    assert found['same', 'average'].low < 0 < found['same', 'average'].high
    assert {d.seeds for d in found.values()} == {3}
    value = np.mean([found['better', known].value for known in ('10 %', '50 %')])
    assert better.value == pytest.approx(value)
    copy = {('copy', k, s): run for (m, k, s), run in scores.items() if m == 'base'}
    for difference in compare_to_baseline(scores | copy, 'base', 50):
        if difference.method == 'copy':
            assert difference.value == difference.low == difference.high == 0


def test_the_value_is_the_mean_difference_of_the_map(scores):
    found = compare_to_baseline(scores, 'base', 10)[0]
    maps = {
        m: [scores[m, '10 %', s].metrics('chosen')['mAP'] for s in range(3)]
        for m in ('better', 'base')
    }
    assert found.value == pytest.approx(np.mean(maps['better']) - np.mean(maps['base']))


def test_the_same_scores_give_the_same_intervals(scores):
    assert compare_to_baseline(scores, 'base', 50) == compare_to_baseline(scores, 'base', 50)


def test_seeds_are_resampled(scores):
    """With the same images, one seed far off widens the interval."""
    rng = np.random.default_rng(1)
    labels = scores['base', '10 %', 0].labels
    narrow = compare_to_baseline(scores, 'base', 200)[0]
    scores['better', '10 %', 0] = run(rng, labels, -2.0)
    wide = compare_to_baseline(scores, 'base', 200)[0]
    assert wide.high - wide.low > 2 * (narrow.high - narrow.low)


def test_only_seeds_that_both_have_are_compared(scores):
    del scores['better', '10 %', 1], scores['base', '10 %', 2]
    found = {(d.method, d.known): d for d in compare_to_baseline(scores, 'base', 20)}
    assert found['better', '10 %'].seeds == 1 and found['better', 'average'].seeds == 1


def test_methods_without_a_partner_are_left_out(scores):
    alone = {key: run for key, run in scores.items() if key[0] != 'base'}
    assert compare_to_baseline(alone, 'base', 5) == []
    assert compare_to_baseline({}, 'base', 5) == []


def test_other_test_images_are_refused(scores):
    other = scores['same', '50 %', 2]
    scores['same', '50 %', 2] = RunScores(other.last, other.chosen, 1 - other.labels)
    with pytest.raises(ValueError, match='tested on the same images'):
        compare_to_baseline(scores, 'base', 5)
