import sys

import numpy as np
import pytest
from helpers.data import write_coco
from rich.console import Console

from demo import __main__ as program
from demo.comparison import chance_map, run_tool


def test_a_tool_is_run_and_its_log_kept(tmp_path):
    script = tmp_path / 'tool.py'
    script.write_text("print('x - INFO - Epoch(train) 1')\nprint('others')\n")
    console = Console(record=True)
    assert run_tool([str(script)], tmp_path / 'new' / 'log', console) > 0
    assert (tmp_path / 'new/log').read_text() == 'x - INFO - Epoch(train) 1\nothers\n'
    shown = console.export_text()
    assert 'Epoch(train) 1' in shown and 'INFO' not in shown and 'others' not in shown


def test_a_tool_that_fails_shows_the_end_of_its_log(tmp_path):
    script = tmp_path / 'tool.py'
    script.write_text("raise SystemExit('no such file')\n")
    with pytest.raises(RuntimeError, match=r'tool.py failed with exit code 1:\nno such file'):
        run_tool([str(script)], tmp_path / 'log', Console())


def test_chance_is_the_mean_base_rate(tmp_path):
    labels = np.array([[1, 0], [1, 1], [0, 0], [0, 0]], np.int8)
    write_coco(tmp_path, 'val', labels, ['a', 'b'])
    assert chance_map(tmp_path) == pytest.approx(100 * (2 + 1) / 8)
    assert (tmp_path / 'annotations/instances_val.json').is_file()


def test_command_line(monkeypatch, tmp_path):
    calls = []
    monkeypatch.setattr(program, 'run_demo', lambda *arguments: calls.append(arguments))
    monkeypatch.setattr(sys, 'argv', ['demo', '--num-train', '8', '--work-dir', str(tmp_path)])
    program.main()
    ((root, work_dir, *numbers),) = calls
    assert (root / 'configs/dsrb_scenes_p50.py').is_file()
    assert (work_dir, numbers) == (tmp_path, [8, 500])
