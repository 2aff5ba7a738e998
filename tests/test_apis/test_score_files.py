import csv
import json

import numpy as np
import pytest

from dsrb_mm.apis import write_scores

CLASSES = ['cat', 'big, "red" dog']


def results():
    yield dict(
        path='a.jpg',
        pred_scores=np.array([0.25, 0.75], np.float32),
        pred_labels=[1],
        pred_classes=[CLASSES[1]],
    )
    yield dict(
        path=None, pred_scores=np.array([1e-7, 1.0]), pred_labels=[1, 0], pred_classes=CLASSES[::-1]
    )


def test_csv(tmp_path):
    path = tmp_path / 'new' / 'scores.csv'
    assert write_scores(results(), path, CLASSES) == 2
    with path.open(newline='') as file:
        rows = list(csv.reader(file))
    assert rows == [['path', *CLASSES], ['a.jpg', '0.25', '0.75'], ['', '1e-07', '1']]


def test_json(tmp_path):
    assert write_scores(results(), tmp_path / 'scores.json', CLASSES) == 2
    content = json.loads((tmp_path / 'scores.json').read_text())
    assert content['classes'] == CLASSES
    assert content['images'][0] == {
        'path': 'a.jpg',
        'predicted': [{'label': 1, 'class': CLASSES[1], 'score': 0.75}],
        'scores': [0.25, 0.75],
    }
    assert [p['label'] for p in content['images'][1]['predicted']] == [1, 0]


@pytest.mark.parametrize('suffix', ['csv', 'json'])
def test_names_default_to_numbers_and_nothing_is_valid(tmp_path, suffix):
    path = tmp_path / f'scores.{suffix}'
    write_scores(results(), path)
    assert '0,1' in path.read_text() or json.loads(path.read_text())['classes'] == ['0', '1']
    assert write_scores([], path) == 0
    assert suffix == 'csv' or json.loads(path.read_text())['images'] == []


def test_incomplete_file_is_no_result(tmp_path):
    def stopped():
        yield next(results())
        raise ValueError('image 2')

    with pytest.raises(ValueError, match='image 2'):
        write_scores(stopped(), tmp_path / 'scores.csv', CLASSES)
    assert [path.name for path in tmp_path.iterdir()] == ['scores.csv.part']
    assert 'a.jpg' in (tmp_path / 'scores.csv.part').read_text()


def test_other_suffix(tmp_path):
    with pytest.raises(ValueError, match='.csv or .json, but got scores.xlsx'):
        write_scores(results(), 'scores.xlsx')
