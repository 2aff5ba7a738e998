import json
import pickle

import pytest

from dsrb_mm.evaluation.prediction_dump import PredictionDump, check_metrics_file, write_metrics


def test_predictions_are_pickled_in_one_step(tmp_path):
    path = tmp_path / 'new/pred.pkl'
    dump = PredictionDump(str(path))
    dump.process({}, [dict(score=1), dict(score=2)])
    assert dump.evaluate(2) == {}
    assert pickle.loads(path.read_bytes()) == [dict(score=1), dict(score=2)]
    assert [file.name for file in path.parent.iterdir()] == ['pred.pkl']


@pytest.mark.parametrize('name', ['metrics.json', 'metrics.yaml'])
def test_metrics(tmp_path, name):
    check_metrics_file(name)
    write_metrics(dict(mAP=12.5), tmp_path / 'new' / name)
    assert '12.5' in (tmp_path / 'new' / name).read_text()
    if name.endswith('json'):
        assert json.loads((tmp_path / 'new' / name).read_text()) == dict(mAP=12.5)


def test_suffixes_are_checked_before_the_test():
    with pytest.raises(ValueError, match='to end in .pkl, but got a.csv'):
        PredictionDump('a.csv')
    with pytest.raises(ValueError, match=r'to end in .json.* but got a.csv'):
        check_metrics_file('a.csv')
