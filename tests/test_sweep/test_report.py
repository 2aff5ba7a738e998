import json

import pandas as pd
import pytest
from helpers.training import CONFIGS
from mmengine.config import Config

from dsrb_mm.sweep import (
    PROPORTIONS,
    KnownLabels,
    make_plan,
    published_average,
    write_report,
    write_state,
)

VOC, COCO = CONFIGS / 'dsrb_voc_p50.py', CONFIGS / 'dsrb_coco_p50.py'


def plan(configs, proportions, *more):
    return make_plan(configs, list(map(KnownLabels.of_proportion, proportions)), *more)


def finish(run, value):
    run.folder.mkdir(parents=True, exist_ok=True)
    write_state(run, trained=True)
    metrics = {'multi-label/mAP': value, 'multi-label/OF1': value / 2, 'multi-label/CF1': 1.0}
    run.metrics_file.write_text(json.dumps(metrics))


def test_average_over_nine_proportions_beside_the_published(tmp_path):
    runs = plan([VOC, COCO], PROPORTIONS, [0], tmp_path)
    values = {'dsrb_voc': 80.0, 'dsrb_coco': 60.0}
    for run in runs:
        finish(run, values[run.method] + 10 * run.known.proportion)
    text = write_report(runs, tmp_path)
    assert '| dsrb_voc | 81.0 | 82.0 | 83.0 ' in text
    assert '| 89.0 | 85.0 | 91.5 |' in text and '| 69.0 | 65.0 | 78.4 |' in text
    assert 'not comparable' not in text
    table = pd.read_csv(tmp_path / 'results.csv')
    assert len(table) == 18 and table['finished'].all() and (table['multi-label/CF1'] == 1).all()
    results = json.loads((tmp_path / 'results.json').read_text())
    assert results['comparable']
    summary = results['average']['dsrb_voc']
    assert summary['average_mAP'] == pytest.approx(85)
    assert summary['average_OF1'] == pytest.approx(42.5)
    assert summary['published'] == 91.5
    assert (tmp_path / 'map.png').read_bytes()[:4] == b'\x89PNG'
    assert (tmp_path / 'results.md').read_text() == text
    assert [path for path in tmp_path.iterdir() if path.name.startswith('.')] == []


@pytest.mark.parametrize('proportions', [[0.1, 0.2], [*PROPORTIONS[:8], 0.95], [*PROPORTIONS, 1.0]])
def test_other_proportions_are_not_compared(tmp_path, proportions):
    runs = plan([VOC], proportions, [0], tmp_path)
    for run in runs:
        finish(run, 70.0)
    text = write_report(runs, tmp_path)
    assert '91.5' not in text and 'not comparable' in text and '| 70.0 | - |' in text
    assert not json.loads((tmp_path / 'results.json').read_text())['comparable']


def test_seeds_give_mean_and_sample_deviation(tmp_path):
    runs = plan([VOC], [0.1, 0.2], [0, 1, 2], tmp_path)
    for run, value in zip(runs, (70.0, 80.0, 72.0, 86.0, 71.0, 80.0), strict=True):
        finish(run, value)
    # By hand: 70, 72, 71; 80, 86, 80 (squares 4 + 16 + 4, halved); averages 75, 79, 75.5.
    assert '| 71.0 +- 1.0 | 82.0 +- 3.5 | 76.5 +- 2.2 |' in write_report(runs, tmp_path)


def test_missing_and_failed_runs_are_shown_and_no_average_is_claimed(tmp_path):
    runs = plan([VOC], [0.1, 0.2, 0.3], [0, 1], tmp_path)
    finish(runs[0], 70.0)
    for run in (runs[2], runs[3]):  # 30 % of seed 0, 10 % of seed 1
        run.folder.mkdir(parents=True)
        write_state(run, trained=False, error='exit code 1')
    text = write_report(runs, tmp_path)
    assert '| 70.0 (1 of 2), 1 failed | missing | failed | incomplete |' in text
    assert '* dsrb_voc, 30 % seed 0, 10 % seed 1: exit code 1\n' in text
    results = json.loads((tmp_path / 'results.json').read_text())
    assert results['average']['dsrb_voc']['average_mAP'] is None
    assert [row['status'] for row in results['runs']] == [
        *('finished', 'missing', 'failed', 'failed', 'missing', 'missing')
    ]


def test_average_of_the_seeds_that_are_complete(tmp_path):
    runs = plan([VOC], [0.1, 0.2], [0, 1], tmp_path)
    for run, value in zip(runs[:3], (70.0, 80.0, 60.0), strict=True):
        finish(run, value)
    assert '| 80.0 (1 of 2) | 75.0 (1 of 2) |' in write_report(runs, tmp_path)


def test_nothing_finished(tmp_path):
    runs = plan([VOC], [0.1], [0], tmp_path / 'not_there')
    assert 'missing' in write_report(runs, tmp_path / 'not_there')


def published(config, folder):
    (run,) = plan([config], [0.1], [0], folder)
    return published_average(run)


def test_published_is_that_of_the_method_on_the_dataset(tmp_path):
    assert published(CONFIGS / 'dsrb_vg_p10.py', tmp_path) == 46.0
    assert published(CONFIGS / 'dsrb_scenes_p50.py', tmp_path) is None
    mine = tmp_path / 'mine.py'
    mine.write_text(f"_base_ = '{COCO}'\nmethod = 'DSRB'\n")
    assert published(mine, tmp_path) == 78.4
    mine.write_text(f"_base_ = '{COCO}'\nmethod = 'SARB'\n")
    assert published(mine, tmp_path) == 77.9
    mine.write_text(f"_base_ = '{COCO}'\nmethod = 'My own'\n")
    assert published(mine, tmp_path) is None
    other = "test_dataloader = dict(dataset=dict(dataset=dict(ann_file='mine.json')))"
    mine.write_text(f"_base_ = '{COCO}'\nmethod = 'DSRB'\n{other}\n")
    assert published(mine, tmp_path) is None


def test_the_name_of_a_config_stands_for_its_method(tmp_path):
    cfg = Config.fromfile(COCO)
    cfg.pop('method', None)
    cfg.dump(tmp_path / 'sarb_coco_p50.py')
    cfg.dump(tmp_path / 'mine.py')
    assert published(tmp_path / 'sarb_coco_p50.py', tmp_path) == 77.9
    assert published(tmp_path / 'mine.py', tmp_path) is None


def test_other_masks_stand_beside_the_proportions(tmp_path):
    masks = ['SinglePositive', 'KnownProportion:p=0.5', 'KnownPerCategory:number=20']
    known = [KnownLabels.parse(text) for text in [*masks, 'KnownProportion:p=0.1']]
    runs = make_plan([VOC], known, [0, 1], tmp_path)
    for run, value in zip(runs, [30.0, 50.0, 40.0, 10.0] * 2, strict=True):
        finish(run, value + 2 * run.seed)
    text = write_report(runs, tmp_path)
    header = '| method | 10 % | 50 % | SinglePositive | KnownPerCategory number=20 |'
    assert f'{header} average over proportions | published |' in text
    row = '11.0 +- 1.4 | 51.0 +- 1.4 | 31.0 +- 1.4 | 41.0 +- 1.4 | 31.0 +- 1.4 | - |'
    assert f'| dsrb_voc | {row}' in text
    assert 'The average is over 10 %, 50 %: not comparable' in text
    table = pd.read_csv(tmp_path / 'results.csv')
    assert table['known'].tolist() == [run.known.name for run in runs]
    assert (tmp_path / 'map.png').read_bytes()[:4] == b'\x89PNG'


def test_no_average_without_proportions(tmp_path):
    runs = make_plan([VOC], [KnownLabels.parse('SinglePositive')], [0], tmp_path)
    finish(runs[0], 30.0)
    text = write_report(runs, tmp_path)
    assert '| method | SinglePositive |\n' in text and '| dsrb_voc | 30.0 |\n' in text
    assert 'average' not in text
    results = json.loads((tmp_path / 'results.json').read_text())
    assert results['average']['dsrb_voc']['average_mAP'] is None
