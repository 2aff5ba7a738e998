"""Files for services and tools around the repository say what the repository does."""

import re
from pathlib import Path

import yaml

ROOT = Path(__file__).resolve().parents[1]


def read(name):
    return yaml.safe_load((ROOT / name).read_text(encoding='utf-8'))


def test_workflow_runs_the_checks_of_this_repository():
    (job,) = read('.github/workflows/ci.yml')['jobs'].values()
    assert [step['run'] for step in job['steps'] if 'run' in step] == ['.ci/run']
    assert (ROOT / '.ci/run').exists()


def test_hooks_before_a_commit_are_those_of_make_lint():
    (local,) = read('.pre-commit-config.yaml')['repos']
    hooks = {hook['entry'].removeprefix('.venv/bin/') for hook in local['hooks']}
    target = re.search(r'^lint:.*\n((?:\t.*\n)+)', (ROOT / 'Makefile').read_text(), re.M)[1]
    lint = {line.strip().removeprefix('$(BIN)/') for line in target.splitlines()}
    fixing = {'ruff check .': 'ruff check --fix', 'ruff format --check .': 'ruff format'}
    assert hooks == {fixing.get(command, command) for command in lint}


def test_reports_of_bugs_ask_for_the_environment():
    form = read('.github/ISSUE_TEMPLATE/bug_report.yml')
    asked = {field['id']: field for field in form['body']}
    assert '`dsrb check --env`' in asked['environment']['attributes']['description']
    assert asked['environment']['validations']['required']


def test_container_installs_extras_that_exist():
    text = (ROOT / 'Containerfile').read_text()
    (extras,) = re.findall(r"'/source\[(.*)\]'", text)
    files = {path.stem for path in (ROOT / 'requirements').glob('*.txt')} | {'mim'}
    assert set(extras.split(',')) <= files
    (bound,) = re.findall(r"'(setuptools.*?)'", text)
    assert bound in (ROOT / 'requirements/runtime.txt').read_text().splitlines()
