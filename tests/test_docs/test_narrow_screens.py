"""The site on a phone: tables scroll within the page, and the index fits."""

import shutil
from pathlib import Path

import pytest
from helpers.browser import open_browser

application = pytest.importorskip('sphinx.application')
pytest.importorskip('furo')
STATIC = Path(__file__).parents[2] / 'docs/static'
CONF = """
extensions = ['myst_parser']
html_theme = 'furo'
html_static_path = ['static']
html_css_files = ['narrow_screens.css']
"""
NAME = 'a_module_of_long_name.' * 4
PAGE = f"""# Page

| option | {' | '.join(f'heading{i}' for i in range(12))} |
|---|{'---|' * 12}
| `--{'long-option-' * 8}` | {' | '.join(['figure'] * 12)} |

```{{eval-rst}}
.. py:function:: {NAME}run
.. py:function:: {NAME}stop
```
"""
WIDTHS = """
const tables = [...document.querySelectorAll('.table-wrapper')];
return [document.documentElement.scrollWidth, Math.max(0, ...[...document.querySelectorAll(
  '.table-wrapper, .genindex-section table')].map(e => e.getBoundingClientRect().right)),
  tables.some(e => e.scrollWidth > e.clientWidth),
  tables.every(e => getComputedStyle(e).backgroundImage.includes('gradient'))];
"""


def test_tables_and_index_fit_a_phone(tmp_path):
    source = tmp_path / 'source'
    shutil.copytree(STATIC, source / 'static')
    (source / 'conf.py').write_text(CONF)
    (source / 'index.md').write_text(PAGE)
    places = map(str, (source, source, tmp_path / 'site', tmp_path / 'trees', 'html'))
    application.Sphinx(*places, status=None, warningiserror=True).build()
    with open_browser(tmp_path) as browser:
        screen = dict(width=390, height=844, deviceScaleFactor=1, mobile=True)
        browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', screen)
        for page, scrolls in (('index', True), ('genindex', False)):
            browser.get((tmp_path / f'site/{page}.html').as_uri())
            page_width, right, does_scroll, marked = browser.execute_script(WIDTHS)
            assert page_width <= 390 and 0 < right <= 390, page
            assert does_scroll == scrolls and marked


def test_the_site_uses_it():
    assert "'narrow_screens.css'" in (STATIC.parent / 'conf.py').read_text()
