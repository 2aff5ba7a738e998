"""Exports of other programs, as their documentation lays them out, beside empty image files."""

import json
import os

import pandas as pd
import pytest

from dsrb_mm.datasets.imports import import_labels


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A folder with photos a.jpg to f.jpg in images/; the working directory."""
    (tmp_path / 'images').mkdir()
    for name in 'abcdef':
        (tmp_path / f'images/{name}.jpg').write_bytes(name.encode())
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def write(folder):
    """Write a file: text as it is, anything else as json."""

    def write_file(name, content):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content if isinstance(content, str) else json.dumps(content))
        return os.path.relpath(path, folder)

    return write_file


@pytest.fixture
def labels_of(folder):
    """Import and give the labels by image: {'a': {'dog': 1, 'cat': None}, ...}."""

    def run(source, out='labels.csv', **options):
        options.setdefault('val', 0)
        import_labels(source, out, overwrite=True, **options)
        table = pd.read_csv(folder / out, keep_default_na=False)
        found = {}
        for row in table.to_dict('records'):
            name = row.pop('path').removeprefix('images/').removesuffix('.jpg')
            row.pop('split')
            found[name] = {key: None if value == '' else int(value) for key, value in row.items()}
        return found

    return run
