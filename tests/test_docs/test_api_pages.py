"""The API pages name every public package (that they build is what `make docs` checks)."""

import re
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
# They hold other packages, or serve the tools of this one.
NOT_SHOWN = {
    'dsrb_mm',
    'dsrb_mm.cli',
    'dsrb_mm.datasets.readers',  # shown with the datasets
    'dsrb_mm.datasets.transforms',
    'dsrb_mm.engine',
    'dsrb_mm.fileio',
    'dsrb_mm.models',
}


def test_every_public_package_has_its_place():
    packages = {
        '.'.join(path.parent.relative_to(ROOT).parts)
        for path in (ROOT / 'dsrb_mm').rglob('__init__.py')
    }
    pages = ''.join(path.read_text() for path in (ROOT / 'docs' / 'api').glob('*.md'))
    assert set(re.findall(r'automodule:: (\S+)', pages)) == packages - NOT_SHOWN
