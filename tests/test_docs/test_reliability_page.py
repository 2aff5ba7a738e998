"""docs/reliability.md: every test it names is there."""

import re
from pathlib import Path

TESTS = Path(__file__).resolve().parents[1]


def test_every_promise_has_its_test():
    page = (TESTS.parent / 'docs' / 'reliability.md').read_text(encoding='utf-8')
    rows = [line for line in page.splitlines() if line.startswith('|') and '---' not in line]
    promises = [row for row in rows if not row.startswith('| Promise')]
    assert len(promises) > 30
    for row in promises:
        where = re.findall(r'`([^`]+)`', row.rsplit('|', 2)[1])
        assert where, row
        folder = TESTS
        for name in where:
            if name.startswith(('python ', 'make ')):
                continue
            path = TESTS / name
            found = path if path.exists() else folder / name
            assert found.exists(), f'{name} in {row}'
            folder = found.parent
