"""A training killed with SIGKILL, at any moment, and resumed ends like the uninterrupted one.

``pytest tests/kill_points --kill-points all`` kills at all points (some minutes), with
``--kill-threads 2`` on several threads, with ``--kill-spawn`` in new interpreters.
"""

import pytest
from fixtures.inference import write_config
from kill_points.points import DEFAULT, KILL_POINTS
from kill_points.training import differences, kill_config, killed_training, train, write_data


@pytest.fixture(scope='module')
def options(request):
    config = request.config
    return dict(threads=config.getoption('kill_threads'), spawn=config.getoption('kill_spawn'))


@pytest.fixture(scope='module')
def root(tmp_path_factory, options):
    """Data, and the uninterrupted training in ``whole``."""
    root = tmp_path_factory.mktemp('kill_points')
    write_data(root)
    config = write_config(kill_config(root), root / 'whole.py')
    assert train(config, root / 'whole', **options) == 0, (root / 'whole/output').read_text()
    return root


def pytest_generate_tests(metafunc):
    if 'point' in metafunc.fixturenames:
        names = KILL_POINTS if metafunc.config.getoption('kill_points') == 'all' else DEFAULT
        metafunc.parametrize('point', list(names))


def test_resumed_training_ends_bit_for_bit_the_same(root, point, options):
    name = point.replace(' ', '_').replace(',', '')
    work_dir = killed_training(root, name, KILL_POINTS[point], **options)
    assert differences(root / 'whole', work_dir) == []
