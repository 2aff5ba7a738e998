"""A check of the OpenMMLab packages, with an answer instead of an obscure failure."""

from __future__ import annotations

import importlib
from dataclasses import dataclass
from importlib import metadata

from packaging.specifiers import SpecifierSet


@dataclass(frozen=True)
class Requirement:
    """A package that has to be there when dsrb_mm is imported.

    Args:
        module: Name to import.
        distributions: Every distribution that brings this module.
        versions: Range wanted, such as ``'>=1.2.0,<2.0'``; empty where any will do.
        install: Name to hand to ``pip install``.
    """

    module: str
    distributions: tuple[str, ...]
    versions: str
    install: str


REQUIREMENTS = (
    Requirement('mmengine', ('mmengine', 'mmengine-lite'), '>=0.10.4,<1.0', 'mmengine'),
    # Not among the requirements that pip resolves: some need the full mmcv, most do not, and pip
    # cannot ask for "either". The upper bound is the one MMPretrain 1.2.0 asserts on import.
    Requirement('mmcv', ('mmcv', 'mmcv-lite', 'mmcv-full'), '>=2.0.1,<2.4.0', 'mmcv-lite'),
    Requirement('mmpretrain', ('mmpretrain',), '>=1.2.0,<2.0', 'mmpretrain'),
    # MMPretrain imports it and asks for it; `mim install` takes the copy inside setuptools, which
    # cannot be imported from there, for it.
    Requirement('importlib_metadata', ('importlib-metadata',), '', 'importlib-metadata'),
)


def find_versions(requirement: Requirement) -> dict[str, str]:
    """Find what is installed for a requirement, without importing it where metadata exist.

    Returns:
        Version by distribution name; more than one entry where e.g. mmcv and mmcv-lite are both
        installed, empty if there is none.
    """
    found = {}
    for name in requirement.distributions:
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    if found:
        return found
    # A source tree on PYTHONPATH has no metadata.
    try:
        version = getattr(importlib.import_module(requirement.module), '__version__', None)
    except ModuleNotFoundError as error:
        if error.name != requirement.module:  # it is there, and lacks something else
            raise
        return {}
    return {requirement.module: version} if version else {}


def describe_problem(requirement: Requirement) -> str | None:
    """Say in one line what is wrong with a requirement, None if nothing is."""
    found = find_versions(requirement)
    wanted = SpecifierSet(requirement.versions)
    bad = [f'{n} {v}' for n, v in found.items() if not wanted.contains(v, prereleases=True)]
    if found and not bad:
        return None
    return (
        f'expected {requirement.module} to be {requirement.versions or "installed"}, but got '
        f'{" and ".join(bad) or "none installed"}: '
        f"pip install '{requirement.install}{requirement.versions}'"
    )


def describe_transformers_conflict() -> str | None:
    """Say in one line why MMPretrain's import will fail though its version is right.

    Where pycocotools and transformers are both installed, MMPretrain imports its multimodal models.
    Those of 1.2.0 rely on names that transformers 4.52 began to drop: the import ends in "cannot
    import name 'GenerationMixin'" or "NoneType takes no arguments".
    """
    try:
        metadata.version('pycocotools')
        transformers = metadata.version('transformers')
        mmpretrain = metadata.version('mmpretrain')
    except metadata.PackageNotFoundError:
        return None
    if transformers in SpecifierSet('<4.52', prereleases=True) or mmpretrain != '1.2.0':
        return None
    return (
        'expected transformers to be <4.52 beside pycocotools, since MMPretrain 1.2.0 cannot be '
        f'imported with both, but got transformers {transformers}: '
        "pip install 'transformers<4.52', or pip uninstall the one that is not needed"
    )


def check_dependencies(requirements: tuple[Requirement, ...] = REQUIREMENTS) -> None:
    """Check that MMEngine, MMCV (full or lite), MMPretrain and what it imports are there and fit.

    Args:
        requirements: What to check.

    Raises:
        ImportError: If any is missing or out of range, or would fail to import for a known reason.
            The message names every such package, the version found, the range wanted and the
            command that installs it.
    """
    lines = [*map(describe_problem, requirements), describe_transformers_conflict()]
    problems = [line for line in lines if line is not None]
    if problems:
        raise ImportError('dsrb_mm cannot run here:\n  ' + '\n  '.join(problems))
