"""Formulas on the site are MathML, which needs neither scripts nor a network."""

import shutil

import pytest
from helpers.docs.workspace import ROOT

application = pytest.importorskip('sphinx.application')
pytest.importorskip('myst_parser')
CONF = "extensions = ['myst_parser', 'mathml']\nmyst_enable_extensions = ['dollarmath']\n"
PAGE = r"""# Title

Where $t_{nc} = -1$:

$$
\begin{aligned}
m &= A^\top X \\
z &= \sigma(m)
\end{aligned}
$$
"""


def test_formulas_need_no_network(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(ROOT / 'docs')
    source = tmp_path / 'source'
    shutil.copytree(ROOT / 'docs/static', source / 'static')
    (source / 'conf.py').write_text(CONF + "html_static_path = ['static']\n")
    (source / 'index.md').write_text(PAGE)
    app = application.Sphinx(
        *map(str, (source, source, tmp_path / 'site', tmp_path / 'trees', 'html')),
        status=None,
        warningiserror=True,
    )
    app.build()
    page = (tmp_path / 'site/index.html').read_text()
    assert page.count('<math') == 2 and 'display="block"' in page
    assert '<msub>' in page and '<mtable' in page and '\\top' not in page
    assert 'mathml.css' in page and 'src="http' not in page


def test_the_site_uses_it():
    conf = (ROOT / 'docs/conf.py').read_text()
    assert "'mathml'" in conf and 'mathjax' not in conf
