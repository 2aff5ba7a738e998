"""Build script of dsrb_mm: metadata, extras, and the `.mim` folder that OpenMIM reads."""

import os
import shutil
from pathlib import Path

from setuptools import find_packages, setup
from setuptools.command.build_py import build_py
from setuptools.command.develop import develop

ROOT = Path(__file__).resolve().parent
PACKAGE = 'dsrb_mm'
COMMAND = 'dsrb'  # a package of its own, which is quick to import
# What OpenMIM looks for under <package>/.mim; entries that do not exist are left out.
MIM_ENTRIES = ('configs', 'tools', 'model-index.yml', 'dataset-index.yml')


def read_version() -> str:
    """Read the version without importing the package, whose dependencies may be missing."""
    scope: dict = {}
    exec((ROOT / PACKAGE / 'version.py').read_text(encoding='utf-8'), scope)
    return scope['__version__']


def read_requirements(name: str) -> list:
    """Read ``requirements/<name>.txt``, without comments and blank lines."""
    lines = (ROOT / 'requirements' / f'{name}.txt').read_text(encoding='utf-8').splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith('#')]


def read_readme() -> str:
    """Read the long description, empty in a checkout without README."""
    readme = ROOT / 'README.md'
    return readme.read_text(encoding='utf-8') if readme.exists() else ''


def remove(path: Path) -> None:
    """Remove a link, a file or a folder; never follow a link."""
    if path.is_symlink() or path.is_file():
        path.unlink()
    elif path.is_dir():
        shutil.rmtree(path)


def copy_entry(source: Path, target: Path) -> None:
    """Copy a file or a folder."""
    if source.is_dir():
        shutil.copytree(source, target, ignore=shutil.ignore_patterns('__pycache__', '*.pyc'))
    else:
        shutil.copy2(source, target)


def link_entry(source: Path, target: Path) -> None:
    """Link a file or a folder by a relative path, or copy it where links are not allowed."""
    try:
        target.symlink_to(os.path.relpath(source, target.parent), source.is_dir())
    except OSError:  # e.g. Windows without developer mode
        copy_entry(source, target)


def fill_mim(mim_dir: Path, put) -> None:
    """Start ``mim_dir`` afresh and put every entry that exists into it."""
    remove(mim_dir)
    mim_dir.mkdir(parents=True)
    for name in MIM_ENTRIES:
        if (ROOT / name).exists():
            put(ROOT / name, mim_dir / name)


class BuildPyWithMim(build_py):
    """Build step behind wheels and PEP 660 editable installs alike.

    Hooked here and not by looking for 'develop' in ``sys.argv``: under PEP 517 the command is
    called 'editable_wheel' or 'bdist_wheel', and such a look-up silently leaves `.mim` out. A
    wheel gets copies in the build folder, so the source tree stays clean; an editable install
    gets links beside the sources, so an edited config is seen at once. An sdist holds the
    entries at its top level (MANIFEST.in): a wheel made from it passes through here too.
    """

    def run(self) -> None:
        """Build the package, then add `.mim`."""
        super().run()
        if self.editable_mode:
            fill_mim(ROOT / PACKAGE / '.mim', link_entry)
        else:
            fill_mim(Path(self.build_lib) / PACKAGE / '.mim', copy_entry)


class DevelopWithMim(develop):
    """``python setup.py develop``, which did not run build_py before setuptools 80."""

    def run(self) -> None:
        """Link `.mim`, then install."""
        fill_mim(ROOT / PACKAGE / '.mim', link_entry)
        super().run()


EXTRAS = {name: read_requirements(name) for name in ('cpu', 'demo', 'docs', 'export', 'tests')}
EXTRAS['demo'] = sorted({*EXTRAS['cpu'], *EXTRAS['demo']})
EXTRAS['mim'] = read_requirements('mminstall')
EXTRAS['all'] = sorted({line for lines in EXTRAS.values() for line in lines})

setup(
    name=PACKAGE,
    version=read_version(),
    description='Multi-label image recognition with partial labels (DSRB) for MMPretrain',
    long_description=read_readme(),
    long_description_content_type='text/markdown',
    author='the dsrb_mm authors',
    license='Apache-2.0',
    license_files=['LICENSE'],
    keywords='computer vision, multi-label recognition, partial labels, mmpretrain',
    classifiers=[
        'Intended Audience :: Science/Research',
        'Operating System :: POSIX',
        'Programming Language :: Python :: 3',
        'Topic :: Scientific/Engineering :: Artificial Intelligence',
    ],
    python_requires='>=3.10',
    packages=find_packages(include=[PACKAGE, f'{PACKAGE}.*', COMMAND]),
    package_data={PACKAGE: ['assets/**/*', 'py.typed']},
    include_package_data=False,
    install_requires=read_requirements('runtime'),
    extras_require=EXTRAS,
    entry_points=dict(console_scripts=[f'{COMMAND} = {COMMAND}.app:main']),
    # A path and not a finder: beside a checkout, Python would take the folder dsrb_mm for a package
    # without code before it asked the finder.
    options={'editable_wheel': {'mode': 'compat'}},
    cmdclass={'build_py': BuildPyWithMim, 'develop': DevelopWithMim},
    zip_safe=False,
)
