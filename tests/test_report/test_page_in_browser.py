"""The page in a real browser: hostile names run nothing and stay readable, and the table sorts."""

import copy

import pytest
from helpers.browser import open_browser

from dsrb_mm.report import build_figures, render_page

HOSTILE = (
    '<script>window.hacked = 1</script>',
    '"><img src=x onerror="window.hacked = 2">',
    'x' * 10_000,
    'شجرة ‮ tree \u0000 \ud800',
    "{{ 7 * 7 }}' onclick='window.hacked = 3",
)


@pytest.fixture(scope='module')
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp('downloads')) as driver:
        yield driver


def write_page(judged, folder, names, path=None):
    figures = copy.deepcopy(build_figures(judged, resamples=5))
    figures.update(config='configs/<b>.py', checkpoint='a.pth')
    for category, name in zip(figures['categories'], names, strict=True):
        category['name'] = name
    figures['too_few'] = list(names)
    figures['confusions'] = [
        dict(present=names[0], predicted=names[1], images=3, expected=0.5),
    ]
    pictures = {}
    for kind, found in figures['mistakes'].items():
        for place, mistake in enumerate(found):
            mistake.update(category=names[place % 5], present=list(names), path=path or 'a.jpg')
            mistake['predicted'] = [dict(name=name, score=0.5) for name in names]
        pictures[kind] = [dict(image=None, heat=None) for _ in found]
    page = folder / 'report.html'
    page.write_text(render_page(figures, pictures, names[0]), encoding='utf-8')
    return page


@pytest.fixture(scope='module')
def hostile_page(judged, tmp_path_factory):
    path = '/data/</p><script>window.hacked = 4</script>' + 'y' * 10_000 + '.jpg'
    return write_page(judged, tmp_path_factory.mktemp('hostile'), HOSTILE, path)


@pytest.mark.parametrize('width', [390, 1280])
def test_hostile_names_run_nothing_and_fit_the_page(browser, hostile_page, width):
    metrics = dict(width=width, height=800, deviceScaleFactor=1, mobile=width < 500)
    browser.execute_cdp_cmd('Emulation.setDeviceMetricsOverride', metrics)
    browser.get(hostile_page.as_uri())
    run = browser.execute_script
    assert run('return window.hacked') is None
    # Its own script, and pictures of its own only.
    assert run('return document.scripts.length') == 1
    assert run('return [...document.images].every((i) => i.src.startsWith("data:"))')
    assert run('return document.querySelectorAll("[onclick], [onerror]").length') == 0
    assert run('return document.documentElement.scrollWidth <= window.innerWidth')
    rows = run(
        'return [...document.querySelectorAll("#categories tbody th")].map((c) => c.innerText)'
    )
    assert rows[0] == '<script>window.hacked = 1</script>'
    assert rows[1].startswith('"><img src=x')
    assert rows[2] == 'x' * 39 + '…'
    assert 'شجرة' in rows[3] and 'tree' in rows[3]
    # Names of another direction do not turn the cells behind them.
    assert run('return getComputedStyle(document.querySelector("bdi")).unicodeBidi') == 'isolate'
    # Long names wrap: no row is higher than a few lines.
    heights = run('return [...document.querySelectorAll("tbody tr")].map((r) => r.offsetHeight)')
    assert max(heights) < 200
    assert not [line for line in browser.get_log('browser') if line['level'] == 'SEVERE']


def test_headings_sort_the_table(browser, judged, tmp_path):
    page = write_page(judged, tmp_path, ('dog', 'cat', 'ape', 'cow', 'bee'))
    browser.get(page.as_uri())

    def click(column):
        script = 'document.querySelectorAll("#categories thead button")[arguments[0]].click()'
        browser.execute_script(script, column)
        return browser.execute_script(
            'return [...document.querySelectorAll("#categories tbody tr")].map('
            '(row) => row.cells[arguments[0]].innerText)',
            column,
        )

    assert click(0) == ['ape', 'bee', 'cat', 'cow', 'dog']
    assert click(0) == ['dog', 'cow', 'cat', 'bee', 'ape']
    present = [int(text) for text in click(6)]
    assert present == sorted(present, reverse=True)
    assert click(1)[-1] == '–'  # no figure: last


def test_a_script_that_got_in_would_be_refused(browser, hostile_page, tmp_path):
    text = hostile_page.read_text(encoding='utf-8')
    page = tmp_path / 'changed.html'
    page.write_text(text.replace('</body>', '<script>window.hacked = 5</script></body>'))
    browser.get(page.as_uri())
    assert browser.execute_script('return window.hacked') is None
