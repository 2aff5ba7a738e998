from __future__ import annotations

from importlib import metadata
from pathlib import Path

import pytest
from packaging.requirements import Requirement as PipRequirement

from dsrb_mm import dependencies
from dsrb_mm.dependencies import REQUIREMENTS, Requirement, check_dependencies

ROOT = Path(__file__).resolve().parents[1]
OTHER = {'importlib-metadata': '8.0.0'}
GOOD = {'mmengine': '0.10.7', 'mmcv-lite': '2.2.0', 'mmpretrain': '1.2.0', **OTHER}


@pytest.fixture
def installed(monkeypatch):
    """Pretend that exactly the given distributions are installed."""

    def pretend(versions: dict[str, str]) -> None:
        def version(name: str) -> str:
            if name not in versions:
                raise metadata.PackageNotFoundError(name)
            return versions[name]

        def import_module(name: str):
            raise ModuleNotFoundError(f'No module named {name!r}', name=name)

        monkeypatch.setattr(dependencies.metadata, 'version', version)
        monkeypatch.setattr(dependencies.importlib, 'import_module', import_module)

    return pretend


def test_this_environment_passes():
    check_dependencies()


@pytest.mark.parametrize(
    'versions',
    [
        GOOD,
        {'mmengine': '0.10.4', 'mmcv': '2.0.1', 'mmpretrain': '1.2.0', **OTHER},
        {'mmengine-lite': '0.10.7', 'mmcv': '2.2.0+cu121', 'mmpretrain': '1.3.0rc1', **OTHER},
        {**GOOD, 'mmcv': '2.1.0'},
    ],
)
def test_accepts(installed, versions):
    installed(versions)
    check_dependencies()


@pytest.mark.parametrize(
    ('name', 'version', 'wanted'),
    [
        ('mmengine', '0.10.3', '>=0.10.4,<1.0'),
        ('mmengine', '1.0.0', '>=0.10.4,<1.0'),
        ('mmpretrain', '1.1.1', '>=1.2.0,<2.0'),
        ('mmcv-lite', '2.4.0', '>=2.0.1,<2.4.0'),
        ('mmcv-full', '1.7.2', '>=2.0.1,<2.4.0'),
    ],
)
def test_names_package_versions_and_command(installed, name, version, wanted):
    installed({**GOOD, name: version})
    with pytest.raises(ImportError) as error:
        check_dependencies()
    message = str(error.value)
    assert f'to be {wanted}, but got {name} {version}' in message
    assert 'pip install' in message
    assert message.count('expected') == 1


def test_reports_all_that_is_missing_at_once(installed):
    installed({})
    with pytest.raises(ImportError) as error:
        check_dependencies()
    message = str(error.value)
    assert message.count('but got none installed') == len(REQUIREMENTS)
    assert "pip install 'mmcv-lite>=2.0.1,<2.4.0'" in message


def test_a_missing_import_of_mmpretrain_is_named_with_the_way_to_get_it(installed):
    """`mim install` takes the copy inside setuptools for it."""
    installed({name: version for name, version in GOOD.items() if name not in OTHER})
    with pytest.raises(ImportError) as error:
        check_dependencies()
    assert str(error.value).splitlines()[1:] == [
        '  expected importlib_metadata to be installed, but got none installed: '
        "pip install 'importlib-metadata'"
    ]


def test_names_the_transformers_that_breaks_mmpretrain(installed):
    both = {**GOOD, 'pycocotools': '2.0.11', 'transformers': '5.23.0'}
    installed(both)
    with pytest.raises(ImportError, match=r'to be <4\.52 beside .* but got transformers 5\.23\.0'):
        check_dependencies()
    for harmless in (
        {**both, 'transformers': '4.51.3'},
        {**both, 'mmpretrain': '1.3.0'},
        {name: version for name, version in both.items() if name != 'pycocotools'},
    ):
        installed(harmless)
        check_dependencies()


def test_reads_the_module_where_there_is_no_metadata(tmp_path, monkeypatch):
    (tmp_path / 'sourceless_xyz.py').write_text("__version__ = '3.1'\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    check_dependencies((Requirement('sourceless_xyz', ('sourceless_xyz',), '>=3', 'x'),))
    with pytest.raises(ImportError, match=r'to be <3, but got sourceless_xyz 3\.1'):
        check_dependencies((Requirement('sourceless_xyz', ('sourceless_xyz',), '<3', 'x'),))


def test_an_error_inside_a_present_module_is_not_hidden(tmp_path, monkeypatch):
    (tmp_path / 'broken_xyz.py').write_text('import lacking_xyz\n')
    monkeypatch.syspath_prepend(str(tmp_path))
    with pytest.raises(ModuleNotFoundError, match='lacking_xyz'):
        check_dependencies((Requirement('broken_xyz', ('broken_xyz',), '>=1', 'x'),))


def test_bounds_equal_those_pip_sees():
    """requirements/ and the check at import must not drift apart."""
    lines = []
    for name in ('runtime', 'mminstall'):
        text = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8')
        lines += [line for line in text.splitlines() if line and not line.startswith('#')]
    pip = {req.name: req.specifier for req in map(PipRequirement, lines)}
    for requirement in REQUIREMENTS:
        assert pip[requirement.install] == PipRequirement(f'x{requirement.versions}').specifier
