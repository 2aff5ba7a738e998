"""Damaged annotation files: a result or an error that names the file, never a library's."""

import json

import numpy as np
import pytest
from helpers.data import random_labels, write_voc
from helpers.fuzz_outcomes import damaged, mutated, outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from mmpretrain.datasets.categories import VOC2007_CATEGORIES
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.masks import LabelFile

pytestmark = pytest.mark.filterwarnings('ignore')
# A fixture's folder is shared by all examples: each writes its own files.
shared_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)

CSV = b'path,split,cat,dog,a b\na.jpg,train,1,0,\n"b, c.jpg",val,-1,1.0, 0 \nd.jpg,train,,,1\n'
CSV_SNIPPETS = (
    b'"', b',', b'\n', b'\r', b'\r\n', b'\n\n', b'\0', b'\xef\xbb\xbf', b'\xff\xfe', b'nan', b'inf',
    b'1e999', b'1_0', b'\xef\xbc\x91', b'cat', b'path', b'2', b'-1', b'True', b'9' * 400, b' ',
    b'","', b'x' * 140_000, b';', b'\t', b'\xe9',
)  # fmt: skip
COCO = dict(
    images=[dict(id=i, file_name=f'{i}.jpg', width=6) for i in (9, 7, 8)],
    categories=[dict(id=3, name='cat'), dict(id=1, name='dog')],
    annotations=[dict(id=5, image_id=7, category_id=3, bbox=[0, 0, 1, 1], segmentation=[[1.0]])],
)
JSON_SNIPPETS = (
    b'{', b'}', b'[', b']', b'"', b':', b',', b'null', b'NaN', b'1e999', b'9' * 5000,
    b'[' * 100_000, b'\xff', b'\xef\xbb\xbf', b'\\ud800', b'\0',
)  # fmt: skip


def build(kind, root, **kwargs):
    def run():
        config = dict(type=kind, data_root=str(root), **kwargs)
        dataset = DATASETS.build(dict(type='PartialLabelDataset', dataset=config))
        labels = dataset.label_matrix()
        assert labels.dtype == np.int8 and set(np.unique(labels)) <= {-1, 0, 1}
        assert labels.shape == (len(dataset), len(dataset.metainfo['classes']))
        for index in range(len(dataset)):
            assert isinstance(dataset.get_data_info(index)['img_path'], str)
        return labels

    return run


@shared_folder
@given(content=st.one_of(damaged(CSV, CSV_SNIPPETS), st.binary(max_size=60)), split=st.booleans())
def test_csv(tmp_path, content, split):
    (tmp_path / 'a.csv').write_bytes(content)
    columns = dict(split_column='split', split='train') if split else dict()
    run = build('CSVMultiLabel', tmp_path, ann_file='a.csv', check_images=False, **columns)
    outcome(run, ('a.csv',))


@shared_folder
@given(encoding=st.sampled_from(['utf-8', 'utf-8-sig', 'utf-16', 'utf-32', 'latin-1', 'cp1252']))
def test_csv_encodings(tmp_path, encoding):
    (tmp_path / 'a.csv').write_text('path,café\nü.jpg,1\n', encoding=encoding)
    run = build('CSVMultiLabel', tmp_path, ann_file='a.csv', check_images=False)
    result = outcome(run, ('a.csv',))
    assert (encoding in ('utf-8', 'utf-8-sig')) == isinstance(result, np.ndarray)


@shared_folder
@given(content=mutated(COCO))
def test_coco_structure(tmp_path, content):
    (tmp_path / 'a.json').write_text(json.dumps(content))
    outcome(build('CocoMultiLabel', tmp_path, ann_file='a.json'), ('a.json',))


@shared_folder
@given(content=st.one_of(damaged(json.dumps(COCO).encode(), JSON_SNIPPETS), st.binary(max_size=30)))
def test_coco_bytes(tmp_path, content):
    (tmp_path / 'a.json').write_bytes(content)
    outcome(build('CocoMultiLabel', tmp_path, ann_file='a.json'), ('a.json',))


VG_LIST = b'1.jpg\n2.jpg\n3.jpg\n'
VG_LABELS = {'1.jpg': [0, 3], '2.jpg': [], '3.jpg': [2]}


@shared_folder
@given(content=st.one_of(mutated(VG_LABELS), mutated(VG_LABELS)))
def test_vg_labels(tmp_path, content):
    (tmp_path / 'list.txt').write_bytes(VG_LIST)
    (tmp_path / 'a.json').write_text(json.dumps(content))
    run = build('VG200', tmp_path, ann_file='list.txt', label_file='a.json', num_classes=4)
    outcome(run, ('a.json',))


@shared_folder
@given(
    names=damaged(VG_LIST, (b'\0', b'\r', b'\xff', b'\n\n', b'\xef\xbb\xbf')),
    labels=damaged(json.dumps(VG_LABELS).encode(), JSON_SNIPPETS),
)
def test_vg_bytes(tmp_path, names, labels):
    (tmp_path / 'list.txt').write_bytes(names)
    (tmp_path / 'a.json').write_bytes(labels)
    run = build('VG200', tmp_path, ann_file='list.txt', label_file='a.json', num_classes=4)
    outcome(run, ('a.json', 'list.txt'))


VOC_XML = (
    b'<annotation><object><name>cat</name><difficult>0</difficult></object>'
    b'<object><name>dog</name><difficult>1</difficult></object></annotation>'
)
XML_SNIPPETS = (b'<', b'>', b'/', b'&', b'&x;', b'name', b'<object/>', b'\xff', b'\0', b'1.5', b'-')


@shared_folder
@given(
    annotation=damaged(VOC_XML, XML_SNIPPETS),
    listed=st.one_of(st.just(b'trainval000000\n'), damaged(b'trainval000000\n', (b'\xff', b'\0'))),
)
def test_voc(tmp_path, annotation, listed):
    root = tmp_path / 'voc'
    if not root.exists():
        write_voc(root, 'trainval', random_labels(2, 20)[:1], list(VOC2007_CATEGORIES))
    (root / 'Annotations/trainval000000.xml').write_bytes(annotation)
    (root / 'ImageSets/Main/trainval.txt').write_bytes(listed)
    outcome(build('VOC', root), ('trainval000000.xml', 'trainval.txt', str(root)))


MASK = b'1,-1,0\n0,0,1\n'
NPY = (
    b"\x93NUMPY\x01\x00v\x00{'descr': '|i1', 'fortran_order': False, 'shape': (2, 3), }".ljust(127)
    + b'\n\x01\xff\x00\x00\x00\x01'
)
NPY_SNIPPETS = (b'(', b"'", b'999999999999', b'|O', b'<f8', b'True', b'-1', b'{', b'\xff', b'<U9')


@shared_folder
@given(data=st.data(), suffix=st.sampled_from(['csv', 'npy']))
def test_label_file(tmp_path, data, suffix):
    file = tmp_path / f'mask.{suffix}'
    good, snippets = (MASK, CSV_SNIPPETS) if suffix == 'csv' else (NPY, NPY_SNIPPETS)
    file.write_bytes(data.draw(st.one_of(damaged(good, snippets), st.binary(max_size=20))))
    result = outcome(
        lambda: LabelFile(file).choose(np.array([[1, 0, 1], [0, 0, 1]], np.int8)), (file.name,)
    )
    assert isinstance(result, Exception) or (result.shape, result.dtype) == ((2, 3), bool)
