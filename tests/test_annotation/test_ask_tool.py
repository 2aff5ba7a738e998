import json

import pytest
import torch
from helpers.tools import load_main

from dsrb_mm.annotation import read_questions
from dsrb_mm.calibration import NEVER, Calibration
from dsrb_mm.engine.checkpoints.stored_calibration import store_calibration


@pytest.fixture
def ask(hostile, tmp_path):
    main = load_main('ask')

    def run(out, *more):
        main([str(hostile / 'rank.csv'), '--image-root', str(hostile / 'images'),
              '--out', str(tmp_path / out), *more])  # fmt: skip

    return run


def test_every_kind(ask, tmp_path, capsys):
    ask('page.html', '--limit', '4')
    assert 'page.html: 4 questions about 3 images' in capsys.readouterr().out
    ask('tasks.json', '--to', 'label-studio')
    ask('labels.json', '--to', 'fiftyone')
    assert {path.name for path in tmp_path.iterdir()} == {
        'page.html', 'tasks.json', 'tasks.xml', 'labels.json'
    }  # fmt: skip
    for out, *more in (['page.html'], ['tasks.json', '--to', 'label-studio']):
        with pytest.raises(SystemExit, match=f'{out} exists'):
            ask(out, *more)
    (tmp_path / 'tasks.json').unlink()
    with pytest.raises(SystemExit, match='tasks.xml exists'):
        ask('tasks.json', '--to', 'label-studio')


def test_wrong_names(ask):
    with pytest.raises(SystemExit, match=r'page \(.html\).* but got page and .*page.json'):
        ask('page.json')


def test_tasks_are_ticked_at_the_thresholds_of_a_checkpoint(ask, hostile, tmp_path):
    asked = read_questions(hostile / 'rank.csv', hostile / 'images')
    classes = list(dict.fromkeys(question.category for question in asked))
    # Scores are 0.0, 0.1 ... 0.6 by category, which the bias raises.
    thresholds = [0.5] * 3 + [0.15] * 2 + [NEVER] * 2
    calibration = Calibration(
        *(1.0, (1.0,) * 7, tuple(thresholds), (9,) * 7, (9,) * 7, 20),
    )
    path = tmp_path / 'a.pth'
    torch.save(dict(state_dict={}, meta=dict(dataset_meta=dict(classes=classes))), path)
    ask('plain.json', '--to', 'label-studio', '--checkpoint', str(path))
    store_calibration(path, calibration)
    ask('tuned.json', '--to', 'label-studio', '--checkpoint', str(path))
    expected = {'plain': classes[5:], 'tuned': classes[3:5]}
    for name, ticked in expected.items():
        tasks = json.loads((tmp_path / f'{name}.json').read_text())
        regions = [region for task in tasks for region in task['predictions'][0]['result']]
        found = {category for region in regions for category in region['value']['choices']}
        assert found == set(ticked)
