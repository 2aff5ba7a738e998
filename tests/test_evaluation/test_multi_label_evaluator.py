import csv
import multiprocessing

import numpy as np
import pytest
import torch
from mmengine.evaluator import Evaluator
from mmengine.logging import MMLogger
from mmpretrain.registry import METRICS
from mmpretrain.structures import DataSample

from dsrb_mm.evaluation import MultiLabelRecognitionMetric

calculate = MultiLabelRecognitionMetric.calculate


def draw(num_samples=30, num_classes=5, seed=0):
    generator = torch.Generator().manual_seed(seed)
    scores = torch.rand(num_samples, num_classes, generator=generator)
    labels = torch.randint(-1, 2, scores.shape, generator=generator)
    return scores, labels


def to_samples(scores, labels):
    return [
        DataSample().set_pred_score(s).set_gt_score(y.float())
        for s, y in zip(scores, labels, strict=True)
    ]


def evaluate(samples, classes=None, batch_size=4, **options):
    evaluator = Evaluator({'type': 'mmpretrain.MultiLabelRecognitionMetric', **options})
    if classes is not None:
        evaluator.dataset_meta = {'classes': classes}
    for start in range(0, len(samples), batch_size):
        evaluator.process(samples[start : start + batch_size])
    return evaluator.evaluate(len(samples))


def test_evaluator_gives_what_calculate_gives():
    scores, labels = draw()
    actual = evaluate(to_samples(scores, labels), thr=0.3, topk=1)
    expected = calculate(scores, labels, 0.3, 1).summary
    assert actual == {f'multi-label/{name}': value for name, value in expected.items()}


def test_batches_and_their_order_change_nothing_even_with_ties():
    scores, labels = draw(num_samples=50)
    samples = to_samples((scores * 4).round() / 4, labels)
    expected = evaluate(samples, batch_size=50)
    assert evaluate(samples[::-1], batch_size=3) == expected


def test_gt_label_indices_are_complete_labels():
    scores, _ = draw(3, 4)
    indices = [[0, 2], [], [3]]
    samples = [
        DataSample().set_pred_score(s).set_gt_label(torch.tensor(i, dtype=torch.long))
        for s, i in zip(scores, indices, strict=True)
    ]
    labels = torch.tensor([[1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 0, 1]])
    assert evaluate(samples) == evaluate(to_samples(scores, labels))


def test_gt_score_goes_before_gt_label():
    scores, labels = draw(4)
    samples = to_samples(scores, labels)
    expected = evaluate(samples)
    assert evaluate([sample.set_gt_label([0]) for sample in samples]) == expected


def test_data_samples_may_be_dicts_or_not():
    samples = to_samples(*draw(6))
    results = []
    for given in (samples, [sample.to_dict() for sample in samples]):
        metric = MultiLabelRecognitionMetric()
        metric.process(None, given)
        results.append(metric.evaluate(len(samples)))
    assert results[0] == results[1]


def test_what_is_kept_is_small_and_a_copy():
    scores, labels = draw(2)
    metric = MultiLabelRecognitionMetric()
    samples = to_samples(scores, labels)
    metric.process(None, samples)
    kept_scores, kept_labels = metric.results[0]
    assert (kept_scores.dtype, kept_labels.dtype) == (np.float32, np.int8)
    samples[0].pred_score.fill_(7)
    samples[0].gt_score.fill_(7)
    assert kept_scores.max() <= 1 and kept_labels.max() <= 1


def test_csv_of_all_categories(tmp_path):
    scores = torch.tensor([[0.9, 0.1], [0.8, 0.7], [0.3, 0.2]])
    labels = torch.tensor([[1, 0], [0, -1], [1, 0]])
    path = tmp_path / 'new' / 'classes.csv'
    samples = to_samples(scores, labels)
    for _ in range(2):  # the second evaluation replaces the file
        evaluate(samples, classes=('traffic, light', 'cat'), csv_path=str(path), topk=1)
    with path.open(newline='') as file:
        rows = list(csv.reader(file))
    assert rows == [
        ['class', 'AP', 'AP_raw', 'positives', 'negatives', 'unknown'],
        ['traffic, light', '83.3333', '83.3333', '2', '1', '0'],
        ['cat', 'nan', 'nan', '0', '2', '1'],
    ]


@pytest.mark.parametrize(('classes', 'name'), [(list('vwxyz'), 'z'), (None, '4')])
def test_classwise_logs_a_table(monkeypatch, classes, name):
    logged = []
    logger = MMLogger.get_current_instance()
    monkeypatch.setattr(logger, 'info', logged.append)
    scores, labels = draw()
    evaluate(to_samples(scores, labels), classes, classwise=True)
    (table,) = logged
    header, *rows = table.splitlines()[1:]
    assert header.split() == ['class', 'AP', 'AP_raw', 'positives', 'negatives', 'unknown']
    assert len(rows) == 5 and {len(row) for row in rows} == {len(header)}
    ap = calculate(scores, labels).per_class['AP'][4]
    assert rows[4].split()[:2] == [name, f'{ap:.4f}']


def test_class_names_must_fit():
    with pytest.raises(ValueError, match='expected classes to be 5 names, but got 2'):
        evaluate(to_samples(*draw()), classes=['a', 'b'], classwise=True)


def test_registered_for_configs():
    metric = METRICS.build({'type': 'MultiLabelRecognitionMetric', 'topk': None, 'prefix': 'val'})
    samples = to_samples(*draw())
    metric.process(None, samples)
    result = metric.evaluate(len(samples))
    assert 'val/mAP' in result and not any('top' in key for key in result)


def test_nothing_processed():
    with pytest.raises(ValueError, match='at least one sample, but got none'):
        MultiLabelRecognitionMetric().evaluate(0)


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        ({'thr': 1.5}, r'expected thr to lie in \[0, 1\], but got 1.5'),
        ({'thr': float('nan')}, 'but got nan'),
        ({'topk': 0}, 'expected topk to be at least 1, but got 0'),
    ],
)
def test_constructor_errors(options, message):
    with pytest.raises(ValueError, match=message):
        MultiLabelRecognitionMetric(**options)


@pytest.mark.parametrize(
    ('labels', 'message'),
    [
        ({'gt_score': torch.zeros(2)}, r'shape of pred_score \(3,\), but got \(2,\)'),
        ({'gt_score': torch.tensor([0, 0.5, 1])}, r'but got \[0.5\]'),
        ({'gt_label': torch.tensor([0, 3])}, r'indices from 0 to 2, but got \[0, 3\]'),
        ({'gt_label': torch.tensor([-1])}, r'indices from 0 to 2, but got \[-1\]'),
    ],
)
def test_labels_that_do_not_fit_are_told_at_once(labels, message):
    with pytest.raises(ValueError, match=message):
        MultiLabelRecognitionMetric().process(None, [{'pred_score': torch.rand(3), **labels}])


def evaluate_in_process(rank, folder):
    torch.set_num_threads(1)
    torch.distributed.init_process_group(
        'gloo', init_method=f'file://{folder}/store', rank=rank, world_size=2
    )
    samples = to_samples(*draw(7))
    # As MMEngine's DefaultSampler deals them out: in turns, the first one again to fill up.
    own = [samples[i] for i in ([0, 2, 4, 6], [1, 3, 5, 0])[rank]]
    metric = MultiLabelRecognitionMetric(collect_dir=f'{folder}/parts')
    metric.process(None, own)
    torch.save(metric.evaluate(len(samples)), f'{folder}/{rank}.pt')


@pytest.mark.skipif('fork' not in multiprocessing.get_all_start_methods(), reason='needs fork')
def test_two_processes_give_what_one_gives(tmp_path):
    context = multiprocessing.get_context('fork')
    processes = [context.Process(target=evaluate_in_process, args=(r, tmp_path)) for r in range(2)]
    for process in processes:
        process.start()
    for process in processes:
        process.join(timeout=60)
        process.kill()
    expected = evaluate(to_samples(*draw(7)))
    for rank in range(2):
        assert torch.load(tmp_path / f'{rank}.pt') == expected
