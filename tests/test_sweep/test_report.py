import json

import pandas as pd
import pytest
from fixtures.training import CONFIGS

from dsrb_mm.sweep import PROPORTIONS, make_plan, published_average, write_report

VOC, COCO = CONFIGS / 'dsrb_voc_p50.py', CONFIGS / 'dsrb_coco_p50.py'


def finish(run, value):
    run.folder.mkdir(parents=True, exist_ok=True)
    run.metrics_file.write_text(json.dumps({'multi-label/mAP': value, 'multi-label/OF1': 1.0}))


def test_average_over_nine_proportions_beside_the_published(tmp_path):
    runs = make_plan([VOC, COCO], PROPORTIONS, [0], tmp_path)
    values = {'dsrb_voc': 80.0, 'dsrb_coco': 60.0}
    for run in runs:
        finish(run, values[run.method] + 10 * run.proportion)
    text = write_report(runs, tmp_path)
    assert '| dsrb_voc | 81.0 | 82.0 | 83.0 ' in text
    assert '| 89.0 | 85.0 | 91.5 |' in text and '| 69.0 | 65.0 | 78.4 |' in text
    table = pd.read_csv(tmp_path / 'results.csv')
    assert len(table) == 18 and table['finished'].all() and (table['multi-label/OF1'] == 1).all()
    summary = json.loads((tmp_path / 'results.json').read_text())['average']
    assert summary['dsrb_voc']['average_mAP'] == pytest.approx(85)
    assert (tmp_path / 'map_over_proportion.png').stat().st_size > 1000
    assert (tmp_path / 'results.md').read_text() == text


def test_other_proportions_are_not_compared(tmp_path):
    runs = make_plan([VOC], [0.1, 0.2], [0], tmp_path)
    for run in runs:
        finish(run, 70.0)
    text = write_report(runs, tmp_path)
    assert '91.5' not in text and 'this sweep does not' in text


def test_seeds_give_mean_and_deviation(tmp_path):
    runs = make_plan([VOC], [0.1, 0.2], [0, 1], tmp_path)
    for run, value in zip(runs, (70.0, 80.0, 72.0, 86.0), strict=True):
        finish(run, value)
    text = write_report(runs, tmp_path)
    assert '| 71.0 +- 1.0 | 83.0 +- 3.0 | 77.0 +- 2.0 |' in text


def test_missing_runs_are_shown_and_no_average_is_claimed(tmp_path):
    runs = make_plan([VOC], [0.1, 0.2], [0, 1], tmp_path)
    finish(runs[0], 70.0)
    text = write_report(runs, tmp_path)
    assert '70.0 +- 0.0 (1 of 2) | missing | incomplete' in text


def test_nothing_finished(tmp_path):
    runs = make_plan([VOC], [0.1], [0], tmp_path)
    assert 'missing' in write_report(runs, tmp_path)


def test_published_by_dataset_and_not_by_name():
    assert published_average(CONFIGS / 'dsrb_vg_p10.py') == 46.0
    assert published_average(CONFIGS / 'dsrb_scenes_p50.py') is None


def test_run_with_other_settings_is_refused(tmp_path):
    (run,) = make_plan([VOC], [0.1], [0], tmp_path)
    finish(run, 70.0)
    (run.folder / 'run.json').write_text(json.dumps(dict(fingerprint='other')))
    with pytest.raises(ValueError, match='settings'):
        write_report([run], tmp_path)
