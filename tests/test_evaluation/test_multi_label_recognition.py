import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from dsrb_mm.evaluation import (
    MultiLabelRecognitionMetric,
    average_precision,
    precision_recall,
    top_k_mask,
)

calculate = MultiLabelRecognitionMetric.calculate
RATES = ('OP', 'OR', 'OF1', 'CP', 'CR', 'CF1')


def draw(num_samples=30, num_classes=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(num_samples, num_classes, generator=generator)
    labels = torch.randint(-1, 2, scores.shape, generator=generator)
    return scores, labels


def test_summary_is_made_of_the_parts():
    scores, labels = draw()
    result = calculate(scores, labels, thr=0.4, topk=2)
    s, y = scores.numpy(), labels.numpy()
    interpolated, raw = average_precision(s, y)
    by_threshold = precision_recall(s >= 0.4, y)
    by_top = precision_recall((s >= 0.4) & top_k_mask(s, 2), y)
    assert result.summary == pytest.approx(
        {
            'mAP': 100 * interpolated.mean(),
            'mAP_raw': 100 * raw.mean(),
            **{name: 100 * by_threshold[name] for name in RATES},
            **{f'{name}_top2': 100 * by_top[name] for name in RATES},
            'num_classes_evaluated': 5,
            'cross_entropy': result.summary['cross_entropy'],
        }
    )
    assert list(result.summary)[:3] == ['mAP', 'mAP_raw', 'OP']
    assert {type(value) for value in result.summary.values()} == {float, int}
    np.testing.assert_array_equal(result.per_class['unknown'], (y == -1).sum(0))
    assert sum(result.per_class[k].sum() for k in ('positives', 'negatives', 'unknown')) == s.size


def test_top_k_counts_predicted_categories_only_and_unknown_ones_take_places():
    scores = np.array([[0.9, 0.8, 0.7, 0.1]])
    # Top 2: the unknown category takes a place, so category 2 is not among them.
    result = calculate(scores, np.array([[1, -1, 1, 0]]), topk=2).summary
    assert (result['OP'], result['OR']) == (100, 100)
    assert (result['OP_top2'], result['OR_top2']) == (100, 50)
    # Top 4: category 3 is absent and its score below the threshold, so not a false positive.
    assert calculate(scores, np.array([[1, -1, 1, 0]]), topk=4).summary['OP_top4'] == 100


def test_fewer_categories_than_k_are_all_among_the_top_k():
    scores, labels = draw(num_classes=2)
    summary = calculate(scores, labels, topk=3).summary
    assert [summary[f'{name}_top3'] for name in RATES] == [summary[name] for name in RATES]


def test_score_at_the_threshold_is_predicted():
    score = torch.tensor([[0.0]]).sigmoid()
    assert calculate(score, np.ones((1, 1)), topk=1).summary['OR'] == 100
    assert calculate(np.float32([[0.3]]), np.ones((1, 1)), 0.3, None).summary['OR'] == 100


def test_categories_without_positives_are_left_out_not_zeroed():
    scores = np.array([[0.9, 0.1, 0.2], [0.2, 0.3, 0.4]])
    labels = np.array([[1, 0, -1], [0, 0, -1]])
    result = calculate(scores, labels)
    assert result.summary['mAP'] == result.summary['mAP_raw'] == result.summary['CP'] == 100
    assert result.summary['num_classes_evaluated'] == 1
    np.testing.assert_array_equal(result.per_class['AP'], [100, np.nan, np.nan])


@pytest.mark.parametrize('label', [0, -1])
def test_nothing_to_evaluate_is_nan_with_one_warning(label):
    with pytest.warns(UserWarning, match='no category has known positives') as caught:
        result = calculate(np.full((4, 3), 0.5), np.full((4, 3), label)).summary
    assert len(caught) == 1
    assert np.isnan(result['mAP']) and np.isnan(result['mAP_raw'])
    assert result['num_classes_evaluated'] == 0
    assert result['OF1'] == result['CF1'] == 0


@pytest.mark.parametrize('dtype', [torch.float16, torch.bfloat16, torch.float32, torch.float64])
def test_every_float_type_is_read(dtype):
    scores, labels = draw()
    scores = scores.to(dtype)
    expected = calculate(scores.double(), labels).summary
    assert calculate(scores, labels.to(dtype)).summary == pytest.approx(expected)


@pytest.mark.parametrize('dtype', [np.uint8, np.int64, bool])
def test_answers_without_scores_are_read(dtype):
    scores = np.array([[1, 0, 1], [0, 0, 1]])
    labels = np.array([[1, 0, 0], [1, 1, 1]])
    expected = calculate(scores.astype(float), labels, topk=1).summary
    assert calculate(scores.astype(dtype), labels.astype(dtype), topk=1).summary == expected


@pytest.mark.parametrize(
    ('scores', 'options', 'message'),
    [
        ([[0.1, np.nan, 0.2]], {}, 'got 1 nan and 0 infinite of 3'),
        ([[-3.0, 0.2, 5.0]], {}, r'probabilities in \[0, 1\], but got values from -3 to 5'),
        ([[0.1, 0.2]], {}, r'got \(1, 2\) and \(1, 3\)'),
        ([[0.1, 0.2, 0.3]], {'topk': 0}, 'number of categories 3, but got 0'),
        ([[0.1, 0.2, 0.3]], {'thr': -0.1}, r'in \[0, 1\], but got -0.1'),
    ],
)
def test_errors_name_expectation_and_value(scores, options, message):
    with pytest.raises(ValueError, match=message):
        calculate(np.array(scores), np.array([[0, 1, -1]]), **options)


def test_saturated_probabilities_are_ranked_by_their_logits():
    """In float32 the logits 20 and 25 are both the probability 1."""
    logits = torch.tensor([[20.0, -30.0], [25.0, -25.0], [-1.0, 30.0]])
    labels = torch.tensor([[0, 0], [1, 1], [0, 0]])
    scores = logits.sigmoid()
    assert scores[0, 0] == scores[1, 0] == 1
    blurred = calculate(scores, labels, topk=1)
    sharp = calculate(scores, labels, topk=1, logits=logits)
    assert blurred.per_class['AP_raw'].tolist() == [50, 50]
    assert sharp.per_class['AP_raw'].tolist() == [100, 50]
    assert sharp.summary['OP'] == blurred.summary['OP'] == pytest.approx(100 / 3)
    assert (
        sharp.per_class['AP_raw'][0]
        == calculate(logits / 100 + 0.5, labels, topk=1).per_class['AP'][0]
    )


def test_top_k_by_logits():
    logits = np.float32([[20, 25, 30]])
    labels = np.array([[0, 0, 1]])
    ones = np.ones((1, 3))
    assert calculate(ones, labels, topk=1, logits=logits).summary['OP_top1'] == 100
    assert calculate(ones, labels, topk=1).summary['OP_top1'] == 0


def samples_of(logits, with_logit):
    for row, label in zip(logits, (0, 1), strict=True):
        sample = DataSample().set_gt_score(torch.tensor([float(label)]))
        sample.set_pred_score(row.sigmoid())
        if with_logit:
            sample.set_field(row, 'pred_logit')
        yield sample


def test_logits_of_data_samples_go_first():
    logits = torch.tensor([[20.0], [25.0]])
    metric = MultiLabelRecognitionMetric(topk=None)
    metric.process(None, [sample.to_dict() for sample in samples_of(logits, True)])
    assert metric.evaluate(2)['multi-label/mAP'] == 100
    metric.process(None, list(samples_of(logits, False)))
    assert metric.evaluate(2)['multi-label/mAP'] == 50


def test_logits_that_do_not_fit():
    logits = torch.tensor([[20.0], [25.0]])
    metric = MultiLabelRecognitionMetric(topk=None)
    metric.process(None, list(samples_of(logits, True)))
    with pytest.raises(ValueError, match='all samples or none'):
        metric.process(None, list(samples_of(logits, False)))
    sample = next(samples_of(logits, True)).to_dict() | dict(pred_logit=torch.zeros(2))
    with pytest.raises(ValueError, match=r'pred_logit .* got \(2,\)'):
        metric.process(None, [sample])
