"""Licences of what the package needs at run time, from the metadata of what is installed."""

from __future__ import annotations

from collections.abc import Iterable
from importlib import metadata
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

NOT_STATED = 'not stated'
_LONGEST = 60  # of a License field: more is the licence's text


class Dependency(NamedTuple):
    """An installed distribution.

    Attributes:
        name: Canonical name.
        version: Installed version.
        licence: As its metadata state it.
        direct: Whether the package itself asks for it.
    """

    name: str
    version: str
    licence: str
    direct: bool


def dependency_closure(requirements: Iterable[str]) -> list[Dependency]:
    """Everything that requirements bring along on this machine, by name.

    Args:
        requirements: Lines such as ``'mmengine>=0.10.4,<1.0'``.

    Raises:
        ValueError: One of the requirements is not installed.
    """
    direct = {canonicalize_name(Requirement(line).name) for line in requirements}
    waiting = [(Requirement(line), '') for line in requirements]
    found: dict[str, Dependency] = {}
    seen: set[tuple[str, str]] = set()
    while waiting:
        wanted, parent = waiting.pop()
        name = canonicalize_name(wanted.name)
        try:
            distribution = metadata.distribution(name)
        except metadata.PackageNotFoundError as error:
            if not parent:
                raise ValueError(f'expected {name} to be installed, but got nothing') from error
            continue  # an extra, or a dependency replaced by another build (opencv, say)
        found[name] = Dependency(name, distribution.version, _licence(distribution), name in direct)
        for extra in ('', *wanted.extras):
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            for line in distribution.requires or ():
                inner = Requirement(line)
                if inner.marker is None or inner.marker.evaluate({'extra': extra}):
                    waiting.append((inner, name))
    return sorted(found.values())


def _licence(distribution: metadata.Distribution) -> str:
    """The SPDX expression, else the classifiers, else a short License field."""
    fields = distribution.metadata
    if 'License-Expression' in fields:
        return fields['License-Expression']
    classifiers = [c for c in fields.get_all('Classifier') or () if c.startswith('License ::')]
    names = [c.rsplit(' :: ', 1)[-1] for c in classifiers]
    if names and names != ['OSI Approved']:
        return ', '.join(names)
    text = fields['License'].strip().splitlines() if 'License' in fields else []
    return text[0] if text and len(text[0]) <= _LONGEST else NOT_STATED


def licence_page(dependencies: Iterable[Dependency]) -> str:
    """A page in Markdown with a table of all dependencies."""
    lines = [
        '# Licences of the dependencies',
        '',
        'Written by `make licences` from the metadata of what was installed: the run-time',
        'requirements of dsrb_mm with its extra `mim` (bold) and all that they bring along on',
        'Linux. Nothing of it is redistributed with dsrb_mm.',
        '',
        '| name | version | licence |',
        '|---|---|---|',
    ]
    for item in dependencies:
        name = f'**{item.name}**' if item.direct else item.name
        lines.append(f'| {name} | {item.version} | {item.licence.replace("|", "/")} |')
    return '\n'.join(lines) + '\n'
