import json

import numpy as np
from rich.console import Console

from dsrb_mm.completion.category_thresholds import CategoryThresholds
from dsrb_mm.completion.report import build_report, report_tables
from dsrb_mm.completion.run import Completion, HeldOut
from dsrb_mm.completion.thresholds import Threshold, TrustRule
from dsrb_mm.datasets.config_data import ConfigData

LABELS = np.array([[1, -1], [-1, -1], [0, 1]], np.int8)
TRUTH = np.array([[1, 0], [1, 1], [0, 1]], np.int8)
RULE = TrustRule(precision=0.8)


def completion(truth):
    train = ConfigData('train', None, ['/i/a', '/i/b', '/i/c'], LABELS, truth, ('cat', 'dog'), ())
    thresholds = CategoryThresholds(
        present=(Threshold(0.75, 20, 19), Threshold(np.inf, 0, 0)),
        absent=(Threshold(-np.inf, 0, 0), Threshold(0.25, 10, 10)),
        present_source=('own', 'none'),
        absent_source=('none', 'shared'),
    )
    scores = np.array([[0.9, 0.1], [0.8, 0.4], [0.2, 0.7]], np.float32)
    labels = np.array([[1, 1], [1, 0], [-1, 0]], np.int8)
    held_out = HeldOut(train, labels, np.array([[0.9, 0.1], [0.8, 0.4], [0, 0]]), 2)
    known = np.zeros(LABELS.shape, bool)
    return Completion(train, [], None, '/i', scores, known, thresholds, held_out)


def test_counts_and_thresholds():
    report = build_report(completion(LABELS), RULE, dict(holdout='val'))
    assert report['labels'] == dict(
        known=3, unknown=3, filled_present=1, filled_absent=1, left_open=1
    )
    cat, other = report['categories']
    assert (cat['unknown'], cat['filled_present'], cat['left_open']) == (1, 1, 0)
    assert cat['present_from'] == dict(
        score=0.75, chosen_on='own', held_out_support=20, held_out_precision=0.95
    )
    assert cat['absent_up_to'] is None and other['present_from'] is None
    assert other['absent_up_to']['chosen_on'] == 'shared'
    assert report['held_out'] == dict(images=3, known=5, also_trained=2)
    assert report['settings']['holdout'] == 'val' and report['settings']['precision'] == 0.8
    # Not given: what it stands for is noted.
    assert abs(report['settings']['max_missed'] - 0.2) < 1e-9
    assert report['recovered'] is None and 'recovered' not in cat
    assert cat['why_none_present'] is None and other['why_none_absent'] is None
    assert other['why_none_present'] == '1 present labels, 11 needed'


def test_hidden_labels_are_compared():
    report = build_report(completion(TRUTH), RULE, {})
    assert (report['recovered']['hidden'], report['recovered']['hidden_present']) == (3, 2)
    assert all('recovered' in row for row in report['categories'])
    # Strict JSON: no NaN, no NumPy.
    json.loads(json.dumps(report, allow_nan=False))


def test_tables():
    console = Console(record=True, width=160)
    for table in report_tables(build_report(completion(TRUTH), RULE, {})):
        console.print(table)
    text = console.export_text()
    assert 'Hidden labels recovered' in text and 'What other precisions' in text
    assert 'by the held-out labels' in text and '1 present labels, 11 needed' in text
    assert '1 own, 0 shared, 1 none' in text and '0 own, 1 shared, 1 none' in text
