"""Neither import nor configs need the network."""

import os
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest
from helpers.network import NetworkUsedError

ROOT = Path(__file__).resolve().parents[1]
IMPORT_AND_BUILD = """
import sys
from helpers.network import blocked_network
with blocked_network():
    from mmengine.config import Config
    import dsrb_mm
    from mmpretrain.registry import MODELS
    from dsrb_mm.engine.model_config import complete_model
    cfg = Config.fromfile(sys.argv[1])
    complete_model(cfg, ['a'] * 20)
    for part in ('neck', 'head'):
        MODELS.build(cfg.model[part])
"""


def test_tests_cannot_reach_the_network():
    with pytest.raises(NetworkUsedError, match=r'192\.0\.2\.1'):
        socket.create_connection(('192.0.2.1', 80), timeout=1)
    with pytest.raises(NetworkUsedError, match=r'example\.org'):
        urllib.request.urlopen('http://example.org', timeout=1)
    with socket.socket() as server, socket.socket() as client:
        server.bind(('127.0.0.1', 0))
        server.listen()
        client.connect(server.getsockname())


def test_import_and_configs_work_without_network():
    # In a process of its own: here everything is imported already. Other tests build all configs.
    done = subprocess.run(
        [sys.executable, '-c', IMPORT_AND_BUILD, str(ROOT / 'configs/dsrb_voc_p50.py')],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, 'PYTHONPATH': os.pathsep.join([str(ROOT), str(ROOT / 'tests')])},
    )
    assert done.returncode == 0, done.stderr[-2000:]
