"""Write the licences of all run-time dependencies: tools/licences.py [--out docs/licences.md]."""

from __future__ import annotations

import argparse
from pathlib import Path

from tools.licence_page import dependency_closure, licence_page

ROOT = Path(__file__).resolve().parents[1]
FILES = ('runtime.txt', 'mminstall.txt')


def read_requirements() -> list[str]:
    lines = [line for name in FILES for line in (ROOT / 'requirements' / name).open()]
    return [line.strip() for line in lines if line.strip() and not line.startswith('#')]


def main(argv: list[str] | None = None) -> None:
    parser = argparse.ArgumentParser(description='Write the licences of all dependencies')
    parser.add_argument('--out', type=Path, default=ROOT / 'docs' / 'licences.md')
    args = parser.parse_args(argv)
    args.out.write_text(licence_page(dependency_closure(read_requirements())), encoding='utf-8')
    print(f'written: {args.out}')


if __name__ == '__main__':
    main()
