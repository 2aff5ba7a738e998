"""What README.md, CONTRIBUTING.md and docs/ tell readers to type works as it stands there."""

import importlib.util
import re

import pytest
from helpers.docs.commands import dsrb_options
from helpers.docs.pages import follow
from helpers.docs.workspace import ROOT

PAGES = [ROOT / 'README.md', ROOT / 'CONTRIBUTING.md', *sorted((ROOT / 'docs').rglob('*.md'))]
each_page = pytest.mark.parametrize('page', PAGES, ids=lambda path: str(path.relative_to(ROOT)))
FENCED = re.compile(r'^```.*?^```$', re.M | re.S)
LANGUAGES = {'bibtex', 'python', 'sh', 'text', 'json', '{eval-rst}', '{toctree}'}
PATH = re.compile(r'(configs|demo|docs|dsrb_mm|requirements|tests|tools)/[\w./-]*')

OF_MIM = {'--field', '--max-jobs'}


@each_page
def test_blocks_run(page, in_workspace):
    follow(page)


@each_page
def test_no_code_hides_from_the_test_above(page):
    text = page.read_text()
    assert {block.split('\n')[0][3:] for block in FENCED.findall(text)} <= LANGUAGES
    prose = FENCED.sub('', text)
    assert '```' not in prose and not re.search(r'\n\n {4}', prose), 'code without a fence'
    comments = re.findall('<!--.*', prose)
    assert all(re.fullmatch('<!-- not run by tests: .+ -->', c) for c in comments if '`' not in c)


@each_page
def test_names_in_sentences(page):
    text = page.read_text()
    code = re.findall(r'(?<!`)`([^`]+)`(?!`)', FENCED.sub('', text))
    words = {word for span in code for word in span.split()}
    paths = {word for word in words if word in code or word.startswith('tools/')}
    assert {path for path in paths if PATH.fullmatch(path) and not (ROOT / path).exists()} == set()
    targets = {span.split()[1] for span in code if span.startswith('make ')}
    assert targets <= set(re.findall('^([a-z-]+):', (ROOT / 'Makefile').read_text(), re.M))
    modules = {found[1] for span in code if (found := re.match(r'python -m ([\w.]+)', span))}
    assert {name for name in modules if importlib.util.find_spec(name) is None} == set()
    options = {word.partition('=')[0] for word in words if re.match(r'--\w', word)}
    programs = [*ROOT.glob('tools/**/*.py'), *ROOT.glob('demo/*.py'), *ROOT.glob('tests/*.py')]
    sources = [file.read_text() for file in [*programs, ROOT / 'dsrb/tool_arguments.py']]
    known = '\n'.join([*FENCED.findall(text), *sources, *OF_MIM, *dsrb_options()])
    # argparse.BooleanOptionalAction makes --no-x of --x.
    names = {option: option.replace('--no-', '--(no-)?') for option in options}
    assert {option for option in options if not re.search(rf'{names[option]}\b', known)} == set()
