"""Help and the choices in it, which come without importing the library."""

import subprocess
import sys

import pytest
from helpers.tools import TOOLS, load_main

from dsrb.tool_arguments import FEATURES, budget, config_arguments
from dsrb_mm.annotation import KINDS
from dsrb_mm.annotation.label_studio_tasks import LOCAL_FILES
from dsrb_mm.completion import ORDERS, SCOPES, VALUES
from dsrb_mm.datasets.config_data import SPLITS
from dsrb_mm.datasets.imports import FORMATS
from dsrb_mm.engine.budget import AUTO
from dsrb_mm.export.onnx_export import OPSET
from dsrb_mm.features.cached_config import FOLDER
from dsrb_mm.sweep import CHECKPOINTS, LAUNCHERS

# Shows the help of each program, then which slow packages were imported for it.
CHECK = """
import contextlib, io, runpy, sys
for program in sys.argv[1:]:
    sys.argv = [program, '--help']
    run = runpy.run_path if program.endswith('.py') else runpy.run_module
    shown = io.StringIO()
    with contextlib.redirect_stdout(shown), contextlib.suppress(SystemExit):
        run(program, run_name='__main__')
    slow = {'torch', 'mmengine', 'mmpretrain', 'dsrb_mm', 'pandas', 'scipy', 'sklearn'}
    print('--help' in shown.getvalue(), *sorted(slow & set(sys.modules)))
"""


def test_help_imports_neither_torch_nor_the_library():
    programs = ['dsrb', *map(str, sorted(TOOLS.glob('*.py')))]
    done = subprocess.run(
        [sys.executable, '-c', CHECK, *programs],
        **dict(capture_output=True, text=True, cwd=TOOLS.parent),
    )
    assert done.stdout.splitlines() == ['True'] * len(programs), done.stdout + done.stderr


CHOICES = [
    ('ask', '--to', KINDS),
    ('browse_dataset', '--phase', SPLITS),
    ('complete_labels', '--thresholds', SCOPES),
    ('complete_labels', '--rank-by', ORDERS),
    ('complete_labels', '--rank-value', VALUES),
    ('import_labels', '--format', ('auto', *FORMATS)),
    ('sweep', '--checkpoint', CHECKPOINTS),
    ('sweep', '--launcher', LAUNCHERS),
]


@pytest.mark.parametrize(('tool', 'option', 'known'), CHOICES)
def test_choices_are_those_of_the_library(tool, option, known, monkeypatch, capsys):
    monkeypatch.setenv('COLUMNS', '1000')
    monkeypatch.setattr(sys, 'argv', [tool, '--help'])
    with pytest.raises(SystemExit):
        load_main(tool)()
    assert f'{option} {{{",".join(known)}}}' in capsys.readouterr().out


def test_defaults_are_those_of_the_library():
    assert (FEATURES, budget('auto'), budget('9')) == (FOLDER, AUTO, 9)
    assert f"'--opset', type=int, default={OPSET}," in (TOOLS / 'export_onnx.py').read_text()
    assert f'default={LOCAL_FILES!r}' in (TOOLS / 'ask.py').read_text()


def test_options_become_values():
    options = ['a.b=1', 'c=[2,"x"]', 'd=None']
    args = config_arguments('tool').parse_args(['my.py', '--cfg-options', *options])
    assert args.cfg_options == {'a.b': 1, 'c': [2, 'x'], 'd': None}
    assert config_arguments('tool').parse_args(['my.py']).cfg_options is None
