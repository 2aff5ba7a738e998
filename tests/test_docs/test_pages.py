"""Every command of README.md, CONTRIBUTING.md and docs/ works as it stands there.

A command that a test cannot run has a marker before its block, and is checked without running it.
"""

from pathlib import Path

import pytest
from fixtures.docs.checks import MIM_OPTIONS
from fixtures.docs.commands import Command, read_page
from fixtures.docs.sentences import inline_options, inline_paths
from fixtures.docs.tool_checks import all_options, options_in
from fixtures.docs.workspace import ROOT
from fixtures.tools import HAS_EXPORT

from dsrb_mm.visualization import training_curves

PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').rglob('*.md'))]
each_page = pytest.mark.parametrize('page', PAGES, ids=lambda path: str(path.relative_to(ROOT)))


@each_page
def test_commands(page, reader):
    for item in read_page(page.read_text()):
        if 'onnx' in str(item) and not HAS_EXPORT:
            continue
        try:
            reader.follow(item)
        except (Exception, SystemExit) as error:
            where = f'{page.relative_to(ROOT)}:{item.line}'
            raise AssertionError(f'{where}: {item}\n{type(error).__name__}: {error}') from error


@each_page
def test_options_in_sentences(page, options_of_pytest):
    text = page.read_text()
    commands = [item for item in read_page(text) if isinstance(item, Command)]
    known = all_options() | options_of_pytest | MIM_OPTIONS
    known = known.union(*(options_in(command.words) for command in commands))
    assert inline_options(text) <= known


@each_page
def test_paths_in_sentences(page):
    missing = {path for path in inline_paths(page.read_text()) if not (ROOT / path).exists()}
    assert not missing


def test_a_reader_notices_a_tool_that_fails_or_writes_nothing(reader, monkeypatch):
    check, plot = read_page(
        '    python tools/check_data.py configs/dsrb_coco_p50.py --images\n'
        '    python tools/plot_log.py work_dirs/dsrb_voc_p50 --out curves.png'
    )
    reader.follow(check)
    Path('data/coco/val2014/000001.jpg').write_bytes(b'')
    with pytest.raises(AssertionError, match='exit code 1'):
        reader.follow(check)
    monkeypatch.setattr(training_curves, 'draw_training_curves', lambda *args: None)
    with pytest.raises(AssertionError, match='--out curves.png was not written'):
        reader.follow(plot)
