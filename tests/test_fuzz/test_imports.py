"""Damaged exports of other programs: labels, or an error that names the file."""

import json

import numpy as np
import pandas as pd
import pytest
from helpers.fuzz_outcomes import damaged, mutated, outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsrb_mm.datasets import import_labels

pytestmark = pytest.mark.filterwarnings('ignore')
shared_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

CHOICES = dict(type='choices', from_name='c', to_name='i', value=dict(choices=['cat']))
JSONS = dict(
    label_studio=[
        dict(data=dict(image='/data/upload/1/1a2b3c4d-a.jpg', choices=[dict(value='cat')]),
             annotations=[dict(result=[CHOICES], was_cancelled=False)]),
        dict(data=dict(image='b.jpg'), annotations=[]),
    ],
    fiftyone=dict(
        samples=[
            dict(filepath='a.jpg', tags=['train'], x=dict(_cls='Classification', label='cat')),
            dict(filepath='b.jpg', tags=[],
                 x=dict(_cls='Detections', detections=[dict(label='dog')])),
        ]
    ),
    coco=dict(
        images=[dict(id=1, file_name='a.jpg'), dict(id=2, file_name='b.jpg')],
        categories=[dict(id=1, name='cat')], annotations=[dict(image_id=1, category_id=1)],
    ),
)  # fmt: skip
LABELS = dict(classes=['cat', 'dog'], labels=dict(a=0, b=[dict(label=1, confidence=0.5)], c=None))
XML = b'<annotations><image name="a.jpg" subset="Train"><tag label="cat"/></image></annotations>'
TAGS = b'path,tags,looked_for,split\na.jpg,cat|dog,cat|dog|cow,train\n"b.jpg",,cat,val\n'
ROWS = b'path,category,value,split\na.jpg,cat,1,train\n"b",dog,0,val\nb.jpg,cat,,val\n'
SNIPPETS = (b'"', b',', b'<', b'&x;', b'\0', b'\xff', b'\n', b'\r', b'{', b'[', b'null', b'|', b'/')


@pytest.fixture
def folder(tmp_path):
    for name in ('a', 'b', 'c'):
        (tmp_path / f'{name}.jpg').touch()
    return tmp_path


def read(folder, name, unknown='absent', **options):
    def run():
        out = folder / 'labels.csv'
        out.unlink(missing_ok=True)
        import_labels(folder / name, out, unknown=unknown, skip_missing=True, val=0, **options)
        table = pd.read_csv(out, keep_default_na=False).drop(columns=['path', 'split'])
        return set(np.unique(table.astype(str))) <= {'0', '1', ''} or pytest.fail(f'{table}')

    return outcome(run, (name,))


@shared_folder
@given(data=st.data(), kind=st.sampled_from(list(JSONS)))
def test_structures(folder, data, kind):
    (folder / 'x.json').write_text(json.dumps(data.draw(mutated(JSONS[kind]))))
    read(folder, 'x.json', format=kind)


@shared_folder
@given(content=mutated(LABELS))
def test_classifications(folder, content):
    (folder / 'data').mkdir(exist_ok=True)
    (folder / 'data/a.jpg').touch()
    (folder / 'labels.json').write_text(json.dumps(content))
    read(folder, 'labels.json', format='fiftyone')


@shared_folder
@given(
    name=st.sampled_from(['x.json', 'x.csv', 'x.xml']),
    content=st.one_of(
        *(damaged(good, SNIPPETS) for good in (TAGS, XML, json.dumps(JSONS).encode()))
    ),
)
def test_bytes(folder, name, content):
    (folder / name).write_bytes(content)
    read(folder, name)


@shared_folder
@given(content=damaged(ROWS, SNIPPETS))
def test_rows(folder, content):
    (folder / 'x.csv').write_bytes(content)
    read(folder, 'x.csv', unknown=None, format='rows')
