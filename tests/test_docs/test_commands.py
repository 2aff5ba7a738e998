"""Every command of README.md, CONTRIBUTING.md and docs/ works as it stands there.

A command that a test cannot run has a marker before its block, and is checked without running.
"""

import pytest
from fixtures.docs.markdown import read_page
from fixtures.docs.workspace import ROOT

PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').rglob('*.md'))]


@pytest.mark.parametrize('page', PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_page(page, reader):
    for item in read_page(page.read_text()):
        try:
            reader.follow(item)
        except (Exception, SystemExit) as error:
            where = f'{page.relative_to(ROOT)}:{item.line}'
            raise AssertionError(f'{where}: {item}\n{type(error).__name__}: {error}') from error
