import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import precision_score, recall_score

from dsrb_mm.evaluation import precision_recall, top_k_mask


def naive_precision_recall(predicted, labels):
    """OP, OR, OF1, CP, CR, CF1, entry by entry."""

    def divide(a, b):
        return a / b if b else 0.0

    tp, fp, fn = {}, {}, {}
    num_classes = len(labels[0])
    for c in range(num_classes):
        tp[c] = fp[c] = fn[c] = 0
        for answer, label in zip(predicted, labels, strict=True):
            tp[c] += answer[c] and label[c] == 1
            fp[c] += answer[c] and label[c] == 0
            fn[c] += not answer[c] and label[c] == 1
    op = divide(sum(tp.values()), sum(tp.values()) + sum(fp.values()))
    recall = divide(sum(tp.values()), sum(tp.values()) + sum(fn.values()))
    counted = [c for c in range(num_classes) if tp[c] + fn[c] > 0]
    cp = divide(sum(divide(tp[c], tp[c] + fp[c]) for c in counted), len(counted))
    cr = divide(sum(divide(tp[c], tp[c] + fn[c]) for c in counted), len(counted))
    of1, cf1 = divide(2 * op * recall, op + recall), divide(2 * cp * cr, cp + cr)
    return {'OP': op, 'OR': recall, 'OF1': of1, 'CP': cp, 'CR': cr, 'CF1': cf1}


def draw(seed, num_samples=40, num_classes=6, share=0.4):
    rng = np.random.default_rng(seed)
    predicted = rng.random((num_samples, num_classes)) < share
    return predicted, rng.choice([1, 0, 0, -1], size=predicted.shape)


problems = st.builds(
    draw,
    seed=st.integers(0, 2**31),
    num_samples=st.integers(1, 8),
    num_classes=st.integers(1, 6),
    share=st.sampled_from([0, 0.2, 0.5, 1]),
)


@given(problems)
def test_naive_loops_agree(problem):
    predicted, labels = problem
    expected = naive_precision_recall(predicted.tolist(), labels.tolist())
    actual = precision_recall(predicted, labels)
    assert list(actual) == ['OP', 'OR', 'OF1', 'CP', 'CR', 'CF1']
    assert actual == pytest.approx(expected, rel=1e-12)


def test_sklearn_agrees_on_complete_labels():
    predicted, labels = draw(0)
    labels = np.maximum(labels, 0)
    actual = precision_recall(predicted, labels)
    for average, prefix in (('micro', 'O'), ('macro', 'C')):
        assert actual[f'{prefix}P'] == pytest.approx(
            precision_score(labels, predicted, average=average)
        )
        assert actual[f'{prefix}R'] == pytest.approx(
            recall_score(labels, predicted, average=average)
        )


@given(problems)
def test_answers_on_unknown_entries_never_matter(problem):
    predicted, labels = problem
    assert precision_recall(predicted ^ (labels == -1), labels) == precision_recall(
        predicted, labels
    )


@given(problems, st.randoms(use_true_random=False))
def test_permuting_samples_and_categories_keeps_the_result(problem, random):
    predicted, labels = problem
    rows = random.sample(range(len(labels)), len(labels))
    columns = random.sample(range(labels.shape[1]), labels.shape[1])
    permuted = precision_recall(predicted[rows][:, columns], labels[rows][:, columns])
    assert permuted == pytest.approx(precision_recall(predicted, labels), rel=1e-12)


def test_f1_is_that_of_the_means():
    # Category 0: P = 1, R = 1/2; category 1: P = 1/2, R = 1.
    predicted = np.array([[1, 1], [0, 1]], dtype=bool)
    labels = np.array([[1, 1], [1, 0]])
    result = precision_recall(predicted, labels)
    assert result['CP'] == result['CR'] == result['CF1'] == 0.75
    assert result['OP'] == result['OR'] == pytest.approx(2 / 3)


def test_category_never_predicted_has_precision_zero():
    result = precision_recall(np.array([[True, False]]), np.array([[1, 1]]))
    assert (result['CP'], result['CR'], result['OP']) == (0.5, 0.5, 1)


def test_category_without_positives_counts_in_op_alone():
    result = precision_recall(np.array([[True, True]]), np.array([[1, 0]]))
    assert (result['CP'], result['CR'], result['OP'], result['OR']) == (1, 1, 0.5, 1)


@pytest.mark.parametrize('label', [0, -1])
@pytest.mark.parametrize('answer', [True, False])
def test_nothing_to_count_is_zero(label, answer):
    result = precision_recall(np.full((3, 2), answer), np.full((3, 2), label))
    assert set(result.values()) == {0}


def test_shape_mismatch():
    with pytest.raises(ValueError, match=r'got \(2, 3\) and \(3, 2\)'):
        precision_recall(np.zeros((2, 3), dtype=bool), np.zeros((3, 2)))


@given(st.integers(0, 2**31), st.integers(1, 6), st.sampled_from([1, 3, 1000]))
def test_top_k_takes_the_highest_and_of_equals_the_first(seed, topk, levels):
    scores = np.random.default_rng(seed).integers(0, levels, (5, 6)) / levels
    mask = top_k_mask(scores, topk)
    for row, marked in zip(scores, mask, strict=True):
        ranked = sorted(range(6), key=lambda c: (-row[c], c))
        assert sorted(ranked[:topk]) == np.flatnonzero(marked).tolist()


@pytest.mark.parametrize('topk', [-1, 0, 4])
def test_top_k_out_of_range(topk):
    with pytest.raises(ValueError, match=f'number of categories 3, but got {topk}'):
        top_k_mask(np.zeros((2, 3)), topk)
