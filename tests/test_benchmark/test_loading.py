import sys

import pytest

from tools.benchmarks.loading import measure_loading

# That it measures is seen in test_suites_run_and_are_reported: each process imports for seconds.


def test_failure_is_not_taken_for_a_figure(monkeypatch):
    monkeypatch.setattr(sys, 'executable', 'false')
    with pytest.raises(RuntimeError, match=r'loading .*no\.csv.* failed'):
        measure_loading(dict(type='CSVMultiLabel', ann_file='no.csv'))
