import json

import numpy as np

from dsrb_mm.fileio.json_values import json_value


def test_everything_is_what_json_knows():
    value = dict(
        a=np.float32(0.5), b=(1, float('inf')), c=np.array([[1.0, np.nan]]), d=None, e='x', f=True
    )
    expected = dict(a=0.5, b=[1, None], c=[[1.0, None]], d=None, e='x', f=True)
    assert json.loads(json.dumps(json_value(value), allow_nan=False)) == expected


def test_digits():
    assert json_value([1 / 3, 123456.7], digits=3) == [0.333, 123000.0]
