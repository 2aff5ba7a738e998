"""A training killed with SIGKILL, at any moment, and resumed ends like the uninterrupted one.

``pytest tests/kill_points --kill-points all`` kills at all points (some minutes), with
``--kill-threads 2`` on several threads, with ``--kill-spawn`` in new interpreters.
"""

from kill_points.points import DEFAULT, KILL_POINTS
from kill_points.training import differences, killed_training


def pytest_generate_tests(metafunc):
    every = metafunc.config.getoption('kill_points') == 'all'
    if 'point' in metafunc.fixturenames:
        metafunc.parametrize('point', list(KILL_POINTS) if every else DEFAULT)


def test_killed_training_ends_bit_for_bit_the_same(whole, point, options):
    root, duration = whole
    name = point.replace(' ', '_').replace(',', '')
    kills = [
        dict(after=kill['fraction'] * duration) if 'fraction' in kill else kill
        for kill in KILL_POINTS[point]
    ]
    assert differences(root / 'whole', killed_training(root, name, kills, **options)) == []


def test_same_seed_same_result(whole, options):
    root, _ = whole
    assert differences(root / 'whole', killed_training(root, 'again', [], **options)) == []
