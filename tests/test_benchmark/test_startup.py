import subprocess
import sys

import pytest

from tools.benchmarks.startup import ROOT, help_commands, run_seconds, write_photographs


def test_a_command_is_timed_to_its_end():
    assert run_seconds([sys.executable, '-c', 'import time; time.sleep(0.2)']) > 0.2
    with pytest.raises(subprocess.CalledProcessError):
        run_seconds([sys.executable, '-c', 'raise ValueError'])


def test_every_tool_is_asked_for_help():
    assert set(help_commands()) >= {f'tools/{path.name}' for path in ROOT.glob('tools/*.py')}


def test_photographs_have_images_and_labels(tmp_path):
    lines = write_photographs(tmp_path, 6).read_text().splitlines()
    paths = [line.partition(',')[0] for line in lines[1:]]
    assert sorted(paths) == sorted(path.name for path in (tmp_path / 'images').iterdir())
    assert {line.split(',')[1] for line in lines[1:]} == {'train', 'val'}
