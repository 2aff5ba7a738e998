"""Stand-ins for the tools, and runs for them."""

import pytest
from helpers.training import CONFIGS

from dsrb_mm.sweep import KnownLabels, make_plan

# Writes what the real tools write; crashes or hangs where a file beside the run's folder says so.
# A hanging training has a child in a session of its own, as torchrun's workers are.
TRAIN = """
import pathlib, subprocess, sys, time, zipfile
work = pathlib.Path(sys.argv[sys.argv.index('--work-dir') + 1])
(work / 'calls').open('a').write('resume ' if '--resume' in sys.argv else 'start ')
if (work.parent / f'crash_{work.name}').exists():
    sys.exit('out of memory')
zipfile.ZipFile(work / 'epoch_1.pth', 'w').close()
(work / 'last_checkpoint').write_text(str(work / 'epoch_1.pth'))
if (work.parent / f'hang_{work.name}').exists():
    sleep = [sys.executable, '-c', 'import time; time.sleep(100)']
    child = subprocess.Popen(sleep, start_new_session=True)
    (work / 'child').write_text(str(child.pid))
    (work / 'child').rename(work / 'hangs')
    time.sleep(100)
"""
TEST = """
import json, pathlib, sys
out = pathlib.Path(sys.argv[sys.argv.index('--out') + 1])
if (out.parents[1] / f'crash_test_{out.parent.name}').exists():
    sys.exit('bad metric')
out.write_text(json.dumps({'multi-label/mAP': 50.0}))
"""


@pytest.fixture(autouse=True)
def without_data(monkeypatch):
    """The stand-ins need no data."""
    monkeypatch.setattr('dsrb_mm.sweep.check_data', lambda runs: None)


@pytest.fixture
def tools(tmp_path):
    folder = tmp_path / 'tools'
    folder.mkdir()
    (folder / 'train.py').write_text(TRAIN)
    (folder / 'test.py').write_text(TEST)
    return folder


@pytest.fixture
def work(tmp_path):
    folder = tmp_path / 'w' / 'dsrb_voc'
    folder.mkdir(parents=True)
    return folder


@pytest.fixture
def runs(work):
    known = [KnownLabels.of_proportion(p) for p in (0.1, 0.2, 0.3)]
    return make_plan([CONFIGS / 'dsrb_voc_p50.py'], known, [0], work.parent)
