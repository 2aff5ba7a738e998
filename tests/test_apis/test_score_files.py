import csv
import json

import numpy as np
import pandas as pd
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
    assert rows == [
        ['path', *CLASSES, 'predicted'],
        ['a.jpg', '0.25', '0.75', CLASSES[1]],
        ['', '1e-07', '1', f'{CLASSES[1]}|{CLASSES[0]}'],
    ]


def test_a_category_named_as_the_column_of_decisions_takes_its_place(tmp_path):
    write_scores(results(), tmp_path / 'scores.csv', ['cat', 'predicted'])
    assert (tmp_path / 'scores.csv').read_text().splitlines()[:2] == [
        'path,cat,predicted',
        'a.jpg,0.25,0.75',
    ]


def test_json_lines(tmp_path):
    assert write_scores(results(), tmp_path / 'scores.jsonl', CLASSES) == 2
    one, two = map(json.loads, (tmp_path / 'scores.jsonl').read_text().splitlines())
    assert one == {
        'path': 'a.jpg',
        'predicted': [CLASSES[1]],
        'scores': {CLASSES[0]: 0.25, CLASSES[1]: 0.75},
    }
    assert two['path'] is None and two['predicted'] == CLASSES[::-1]


def test_pandas_reads_json_lines(tmp_path):
    write_scores(results(), tmp_path / 'scores.jsonl', CLASSES)
    table = pd.read_json(tmp_path / 'scores.jsonl', lines=True)
    assert table.scores[0] == dict(zip(CLASSES, [0.25, 0.75], strict=True))


@pytest.mark.parametrize('suffix', ['csv', 'jsonl'])
def test_names_default_to_numbers_and_nothing_is_valid(tmp_path, suffix):
    path = tmp_path / f'scores.{suffix}'
    write_scores(results(), path)
    first = path.read_text().splitlines()[0]
    if suffix == 'csv':
        assert first == 'path,0,1,predicted'
    else:
        assert json.loads(first)['predicted'] == ['1']
    assert write_scores([], path) == 0
    assert path.read_text() == ''


def test_incomplete_file_is_no_result(tmp_path):
    def stopped():
        yield next(results())
        raise ValueError('image 2')

    (tmp_path / 'scores.csv').write_text('old')
    with pytest.raises(ValueError, match='image 2'):
        write_scores(stopped(), tmp_path / 'scores.csv', CLASSES)
    assert [path.name for path in tmp_path.iterdir()] == ['scores.csv']
    assert (tmp_path / 'scores.csv').read_text() == 'old'


@pytest.mark.parametrize('name', ['scores.xlsx', 'scores.json'])
def test_other_suffix(tmp_path, name):
    with pytest.raises(ValueError, match=f'.csv or .jsonl, but got {name}'):
        write_scores(results(), name)
