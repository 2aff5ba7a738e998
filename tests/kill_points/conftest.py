"""The uninterrupted training that all others are compared with."""

import time

import pytest
from helpers.inference import write_config
from kill_points.training import kill_config, train, write_data


@pytest.fixture(scope='module')
def options(request):
    config = request.config
    return dict(threads=config.getoption('kill_threads'), spawn=config.getoption('kill_spawn'))


@pytest.fixture(scope='module')
def whole(tmp_path_factory, options):
    """Folder with the data and, in ``whole``, the uninterrupted training; its duration."""
    root = tmp_path_factory.mktemp('kill_points')
    write_data(root)
    config = write_config(kill_config(root), root / 'whole.py')
    start = time.monotonic()
    assert train(config, root / 'whole', **options) == 0, (root / 'whole/output').read_text()
    return root, time.monotonic() - start
