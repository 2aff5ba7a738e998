from pathlib import Path

import pytest
from fixtures.tools import load_main
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from tools.licence_page import dependency_closure

ROOT = Path(__file__).resolve().parents[1]


def direct_requirements():
    lines = [
        line.strip()
        for name in ('runtime', 'mminstall')
        for line in (ROOT / f'requirements/{name}.txt').read_text().splitlines()
    ]
    return [line for line in lines if line and not line.startswith('#')]


def test_page_names_every_direct_requirement(tmp_path):
    load_main('licences')(['--out', str(tmp_path / 'new.md')])
    for page in (tmp_path / 'new.md', ROOT / 'docs/licences.md'):
        text = page.read_text(encoding='utf-8')
        for line in direct_requirements():
            assert f'| **{canonicalize_name(Requirement(line).name)}** |' in text, (page, line)


def test_closure_follows_dependencies_once():
    found = {item.name: item for item in dependency_closure(['pandas', 'matplotlib'])}
    assert found['pandas'].direct and 'BSD' in found['pandas'].licence
    assert not found['numpy'].direct and 'pillow' in found
    assert 'pytest' not in found  # extras that were not asked for


def test_missing_requirement_is_named():
    with pytest.raises(ValueError, match='expected no-such-package to be installed'):
        dependency_closure(['no-such-package'])
