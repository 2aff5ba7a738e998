"""Builds the package with the environment's setuptools, without network and outside the tree."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

import dsrb_mm

ROOT = Path(__file__).resolve().parents[1]
TREE = (
    'dsrb',
    'dsrb_mm',
    'tools',
    'requirements',
    'setup.py',
    'pyproject.toml',
    'MANIFEST.in',
    'LICENSE',
    'README.md',
)


@pytest.fixture
def tree(tmp_path) -> Path:
    """A copy of what packaging needs, with a config of its own."""
    target = tmp_path / 'tree'
    target.mkdir()
    ignore = shutil.ignore_patterns('__pycache__', '.mim')
    for name in TREE:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, target / name, ignore=ignore)
        elif source.exists():
            shutil.copy2(source, target / name)
    (target / 'configs' / '_base_').mkdir(parents=True)
    (target / 'configs' / 'config_of_test.py').write_text("_base_ = './_base_/base.py'\n")
    (target / 'configs' / '_base_' / 'base.py').write_text('x = 1\n')
    (target / 'model-index.yml').write_text('Import: []\n')
    return target


def build(tree: Path, hook: str) -> Path:
    """Run a PEP 517 or PEP 660 hook as pip does, and return what it made."""
    code = f'from setuptools import build_meta; build_meta.{hook}("out")'
    done = subprocess.run(
        [sys.executable, '-c', code], cwd=tree, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    (made,) = (tree / 'out').iterdir()
    return made


def test_version():
    scope: dict = {}
    exec((ROOT / 'dsrb_mm' / 'version.py').read_text(encoding='utf-8'), scope)
    assert dsrb_mm.__version__ == scope['__version__']


def test_citation_names_the_version():
    text = (ROOT / 'CITATION.cff').read_text(encoding='utf-8')
    assert f'\nversion: {dsrb_mm.__version__}\n' in text


def test_wheel(tree):
    wheel = build(tree, 'build_wheel')
    assert wheel.name == f'dsrb_mm-{dsrb_mm.__version__}-py3-none-any.whl'
    with zipfile.ZipFile(wheel) as archive:
        names = set(archive.namelist())
        (metadata,) = (name for name in names if name.endswith('.dist-info/METADATA'))
        text = archive.read(metadata).decode()
        commands = archive.read(metadata.replace('METADATA', 'entry_points.txt')).decode()
    assert names >= {
        'dsrb_mm/.mim/configs/config_of_test.py',
        'dsrb_mm/.mim/configs/_base_/base.py',
        'dsrb_mm/.mim/tools/word_vectors.py',
        'dsrb_mm/.mim/model-index.yml',
        'dsrb_mm/assets/classes/coco.txt',
        'dsrb_mm/assets/phrases/coco.txt',
        'dsrb_mm/assets/word_vectors/coco_minilm.npy',
        'dsrb_mm/__init__.py',
        'dsrb_mm/py.typed',
        'dsrb/app.py',
    }
    assets = {str(path.relative_to(tree)) for path in (tree / 'dsrb_mm/assets').rglob('*.*')}
    assert assets <= names
    assert commands == '[console_scripts]\ndsrb = dsrb.app:main\n'
    tops = {name.split('/')[0] for name in names}
    assert tops == {'dsrb', 'dsrb_mm', f'dsrb_mm-{dsrb_mm.__version__}.dist-info'}
    # MIM finds a plugin by a distribution name that equals the import name.
    assert '\nName: dsrb_mm\n' in text
    assert '\nRequires-Dist: mmpretrain' in text
    assert not (tree / 'dsrb_mm' / '.mim').exists(), 'a wheel must not litter the sources'


def test_wheel_again_drops_what_is_gone(tree):
    """The build folder outlives a build."""
    build(tree, 'build_wheel').unlink()
    (tree / 'configs' / 'config_of_test.py').unlink()
    (tree / 'model-index.yml').unlink()
    with zipfile.ZipFile(build(tree, 'build_wheel')) as archive:
        mim = {name for name in archive.namelist() if name.startswith('dsrb_mm/.mim/')}
    assert 'dsrb_mm/.mim/configs/_base_/base.py' in mim
    assert 'dsrb_mm/.mim/configs/config_of_test.py' not in mim
    assert 'dsrb_mm/.mim/model-index.yml' not in mim


def test_editable_links(tree):
    build(tree, 'build_editable')
    mim = tree / 'dsrb_mm' / '.mim'
    assert sorted(path.name for path in mim.iterdir()) == ['configs', 'model-index.yml', 'tools']
    (tree / 'configs' / 'new.py').write_text('x = 2\n')
    assert (mim / 'configs' / 'new.py').read_text() == 'x = 2\n'
    # Over an earlier one, and never following its links.
    shutil.rmtree(tree / 'out')
    build(tree, 'build_editable')
    assert (tree / 'configs' / 'new.py').exists()


def test_sdist_holds_what_a_wheel_is_made_of(tree):
    build(tree, 'build_editable')  # its links must not end up in the archive
    shutil.rmtree(tree / 'out')
    with tarfile.open(build(tree, 'build_sdist')) as archive:
        names = {name.partition('/')[2] for name in archive.getnames()}
        archive.extractall(tree / 'unpacked', filter='data')
    assert names >= {'setup.py', 'configs/config_of_test.py', 'tools/word_vectors.py'}
    assert names >= {'LICENSE', 'requirements/runtime.txt', 'model-index.yml', 'dsrb/app.py'}
    assert not any(name.startswith('dsrb_mm/.mim') for name in names)
    (unpacked,) = (tree / 'unpacked').iterdir()
    with zipfile.ZipFile(build(unpacked, 'build_wheel')) as archive:
        assert 'dsrb_mm/.mim/configs/config_of_test.py' in archive.namelist()
