"""tools/compare.py on tiny data: runs, results, what is skipped, what fails."""

import json
import re

import numpy as np
import pandas as pd
import pytest
from helpers.features import frozen_config
from helpers.tools import run_tool

from dsrb_mm.comparison import RunScores


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    """Two methods on a frozen backbone, and one that cannot cache its features."""
    folder = tmp_path_factory.mktemp('compare')
    cfg = frozen_config(folder)
    cfg.dump(folder / 'linear_p50.py')
    cfg.model.head.dropout = 0.5
    cfg.dump(folder / 'dropout_p50.py')
    cfg.train_dataloader.dataset.dataset.pipeline.insert(1, dict(type='RandomFlip', prob=0.5))
    cfg.dump(folder / 'images.py')
    return folder


def compare(folder, work, *arguments, configs=('linear_p50.py', 'dropout_p50.py')):
    log = folder / f'{work}.txt'
    log.unlink(missing_ok=True)
    options = ['--seeds', 0, 1, '--budget', 9, '--work-dir', work, *arguments]
    code = run_tool('compare', [*configs, *options], log, cwd=folder)
    return code, log.read_text()


def states(folder):
    return {path: path.stat().st_mtime_ns for path in folder.rglob('*') if path.is_file()}


def test_methods_are_compared_and_the_report_can_be_redone(folder):
    code, text = compare(folder, 'w', '--proportions', 0.5, 0.9)
    assert code == 0, text
    work = folder / 'w'
    assert len(re.findall(r'^(linear|dropout) (50|90) % seed [01]: mAP', text, re.M)) == 8
    report = (work / 'results.md').read_text()
    assert report.strip() in text
    assert 'Categories judged: 4, those' in report and 'Failed' not in report
    assert 'linear 50 % seed 0: started, logs in' in text  # no progress bar in a pipe
    assert re.search(r'\| linear \| chosen \| [\d.]+ \+- [\d.]+ \|', report)
    assert re.search(r'\| dropout \| (.\d+\.\d \[.\d+\.\d, .\d+\.\d\] \| ){2}', report)
    table = pd.read_csv(work / 'results.csv')
    assert len(table) == 8 and table['finished'].all() and (table['steps'] == 9).all()
    assert set(table['checkpoint']) == {'chosen'}
    results = json.loads((work / 'results.json').read_text())
    assert results['baseline'] == 'linear' and results['resamples'] == 1000
    assert [d['known'] for d in results['differences']] == ['50 %', '90 %', 'average']
    assert (work / 'map.png').read_bytes()[:4] == b'\x89PNG'
    scores = RunScores.load(work / 'dropout' / 'p90_seed1')
    metrics = json.loads((work / 'dropout' / 'p90_seed1' / 'metrics.json').read_text())
    assert scores.last.shape == scores.chosen.shape == (12, 4)
    assert metrics['last/mAP'] == pytest.approx(scores.metrics('last')['mAP'])
    assert 1 <= metrics['chosen_epoch'] <= metrics['epochs'] == 3  # 20 of 24 images train
    # Trained on cached features, in one folder per data set.
    assert len(list((folder / 'work_dirs/features').iterdir())) == 2
    assert 'Epoch(train)' in (work / 'linear' / 'p50_seed0' / 'train.log').read_text()
    assert 'Epoch(train)' not in text

    before = states(work / 'linear') | states(work / 'dropout')
    code, text = compare(
        folder, 'w', '--proportions', 0.5, 0.9, '--report', '--baseline', 'dropout_p50.py'
    )
    assert code == 0 and 'Difference to dropout' in text
    code, text = compare(folder, 'w', '--proportions', 0.5, 0.9)
    assert code == 0 and '8 runs, 8 of them finished before' in text
    assert (work / 'results.md').read_text() == report
    assert states(work / 'linear') | states(work / 'dropout') == before

    code, text = compare(folder, 'w', '--proportions', 0.5, 0.9, '--holdout', 0.5)
    assert code == 1 and 'comparison.holdout: 0.2, now 0.5' in text


def test_runs_are_paired_by_seed(folder):
    """The same method under two names gives the same scores; another seed does not."""
    (folder / 'again_p50.py').write_text((folder / 'linear_p50.py').read_text())
    configs = ('linear_p50.py', 'again_p50.py')
    code, text = compare(folder, 'pairs', '--proportions', 0.5, configs=configs)
    assert code == 0, text
    first, second, third = (
        RunScores.load(folder / 'pairs' / name).last
        for name in ('linear/p50_seed0', 'again/p50_seed0', 'linear/p50_seed1')
    )
    assert (first == second).all() and not np.array_equal(first, third)
    assert '| again | +0.0 [+0.0, +0.0] |' in text


def test_one_failure_does_not_stop_the_others(folder):
    arguments = ['--known', 'SinglePositive', '--proportions', 0.5]
    code, text = compare(folder, 'fails', *arguments, configs=('linear_p50.py', 'images.py'))
    assert code == 1 and '4 of 8 runs failed' in text
    assert 'PartialBCELoss needs labels that are known to be absent' in text
    assert 'images trains on images: the train pipeline has steps' in text
    table = pd.read_csv(folder / 'fails' / 'results.csv')
    assert set(table[table['finished']]['known']) == {'50 %'}
    assert set(table[~table['finished']]['status']) == {'failed'}
    report = (folder / 'fails/results.md').read_text()
    both = r'SinglePositive seed 0, SinglePositive seed 1: \w+: PartialBCELoss needs'
    assert re.search(rf'\* linear, {both}', report) and re.search(rf'\* images, {both}', report)
    log = folder / 'fails' / 'linear' / 'SinglePositive_seed0' / 'train.log'
    assert 'Traceback' in log.read_text()


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['--baseline', 'none'], "expected the baseline to be one of ['linear', 'dropout']"),
        (['--known', 'KnownPerCategry'], 'KnownPerCategory'),
        (['--holdout', '0.3'], 'one part of the training images'),
        (['--budget', 'many'], 'invalid budget value'),
    ],
)
def test_wrong_arguments(folder, arguments, message):
    code, text = compare(folder, 'wrong', *arguments)
    assert code == 1 and message in text and 'Traceback' not in text
