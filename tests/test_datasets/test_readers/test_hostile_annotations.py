"""Annotation files that want more than to be read."""

import json

import numpy as np
import pytest
from helpers.data import random_labels, write_coco, write_csv, write_vg, write_voc
from mmpretrain.datasets.categories import VOC2007_CATEGORIES
from mmpretrain.registry import DATASETS

from dsrb_mm.words.semantic_encoder import average_glove

OUTSIDE = ['../../etc/passwd', '/etc/passwd', 'a/../../x.jpg', 'https://x.org/a.jpg', 'a\0.jpg']
BOMB = '<!DOCTYPE x [<!ENTITY a0 "ha">{}]><annotation>&a30;</annotation>'
BOMB = BOMB.format(''.join(f'<!ENTITY a{i + 1} "&a{i};&a{i};">' for i in range(30)))
EXTERNAL = (
    '<!DOCTYPE x [<!ENTITY a SYSTEM "file://{}">]>'
    '<annotation><object><name>&a;</name><difficult>0</difficult></object></annotation>'
)


def build(**config):
    return DATASETS.build(dict(type='PartialLabelDataset', dataset=config))


def csv(root, **kwargs):
    return build(
        type='CSVMultiLabel', data_root=str(root), ann_file='labels.csv', split_column='split',
        split='train', **{'data_prefix': dict(img_path='images'), **kwargs},
    )  # fmt: skip


def coco(root, **kwargs):
    file = 'annotations/instances_train.json'
    prefix = dict(img_path='train')
    return build(
        type='CocoMultiLabel', data_root=str(root), ann_file=file, data_prefix=prefix, **kwargs
    )


def vg(root):
    prefix = dict(img_path='VG_100K')
    return build(
        type='VG200', data_root=str(root), ann_file='train_list_500.txt', data_prefix=prefix
    )


def voc(root):
    return build(type='VOC', data_root=str(root), split='trainval')


def put(path, old, new):
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, 1))


@pytest.fixture
def data(tmp_path):
    labels = random_labels(4, 3)
    write_csv(tmp_path / 'labels.csv', labels, ['a', 'b', 'c'], ['train'] * 4)
    write_coco(tmp_path, 'train', labels, ['a', 'b', 'c'])
    write_vg(tmp_path, random_labels(4, 200), dict(train=slice(0, 4)))
    write_voc(tmp_path, 'trainval', random_labels(4, 20), list(VOC2007_CATEGORIES))
    return tmp_path


@pytest.mark.parametrize('name', OUTSIDE)
def test_no_annotation_leads_out_of_the_image_folder(data, name):
    put(data / 'labels.csv', '1.png', name)
    put(data / 'annotations/instances_train.json', '"000001.jpg"', json.dumps(name))
    put(data / 'train_list_500.txt', '2.jpg', name)
    put(data / 'vg_category_200_labels_index.json', '"2.jpg"', json.dumps(name))
    put(data / 'ImageSets/Main/trainval.txt', 'trainval000001', name)
    # Names with a NUL byte are refused as names by readers of a row.
    refused = 'to stay inside .* but got 1 that do not|empty image path|to be a name'
    for read in (csv, coco, vg, voc):
        with pytest.raises(ValueError, match=refused) as caught:
            read(data)
        assert repr(name) in str(caught.value)


def test_names_are_refused_before_the_file_is_looked_for(data):
    put(data / 'labels.csv', '1.png', '../labels.csv')  # it exists
    with pytest.raises(ValueError, match='stay inside'):
        csv(data)


@pytest.mark.parametrize('name', ['./1.png', 'deeper/../1.png', '..png', '{images}/1.png'])
def test_other_ways_to_write_a_path_inside(data, name):
    (data / 'images/..png').write_bytes((data / 'images/1.png').read_bytes())
    (data / 'images/deeper').mkdir()
    put(data / 'labels.csv', '1.png', name.format(images=data / 'images'))
    assert len(csv(data)) == 4


def test_all_absolute_paths_can_be_allowed(data):
    text = (data / 'labels.csv').read_text()
    for i in range(4):
        text = text.replace(f'{i}.png', f'{data}/images/{i}.png')
    (data / 'labels.csv').write_text(text)
    with pytest.raises(ValueError, match='stay inside'):
        csv(data, data_prefix=dict(img_path='elsewhere'))
    dataset = csv(data, data_prefix=dict(img_path='/'))
    assert dataset.get_data_info(1)['img_path'] == f'{data}/images/1.png'


def test_symbolic_links_are_followed(data):
    (data / 'images').rename(data / 'far')
    (data / 'images').symlink_to(data / 'far')
    (data / 'far/1.png').rename(data / 'one.png')
    (data / 'far/1.png').symlink_to(data / 'one.png')
    assert len(csv(data)) == 4


@pytest.mark.parametrize(
    ('content', 'reason'),
    [
        (BOMB, 'amplification'),
        (EXTERNAL, 'undefined entity'),
        ('', 'no element found'),
        ('<annotation><object>', 'no element found'),
        (
            '<annotation><object><difficult>0</difficult></object></annotation>',
            'without a usable <name>',
        ),
        (
            '<annotation><object><name>cat</name></object></annotation>',
            'without a usable <difficult>',
        ),
        ('<annotation><object><name>cat</name><difficult>x</difficult></object></annotation>', 'x'),
    ],
)
def test_voc_annotations(data, content, reason):
    secret = data / 'secret'
    secret.write_text('cat')
    (data / 'Annotations/trainval000002.xml').write_text(content.format(secret))
    with pytest.raises(ValueError, match=f'trainval000002.xml.*{reason}'):
        voc(data)


JSONS = ['', '[]', '{', '[' * 200_000, '{"images": 3}', '7', '"x"', 'NaN']


@pytest.mark.parametrize('content', JSONS)
def test_jsons(data, content):
    (data / 'annotations/instances_train.json').write_text(content)
    with pytest.raises(ValueError, match='instances_train.json'):
        coco(data)
    (data / 'vg_category_200_labels_index.json').write_text(content)
    with pytest.raises(ValueError, match='vg_category_200_labels_index.json'):
        vg(data)


@pytest.mark.parametrize(
    'images', ['[{"id": [], "file_name": "a"}]', '[{"id": 1, "file_name": 7}]', '[{"id": 1}]']
)
def test_coco_images(data, images):
    text = f'{{"images": {images}, "categories": [{{"id": 1, "name": "a"}}], "annotations": []}}'
    (data / 'annotations/instances_train.json').write_text(text)
    with pytest.raises(ValueError, match='instances_train.json'):
        coco(data)


@pytest.mark.parametrize('present', ['7', '"0"', '[1.5]', '[-1]', '[true]', '[1e400]', '[[]]'])
def test_vg_categories(data, present):
    content = json.loads((data / 'vg_category_200_labels_index.json').read_text())
    text = json.dumps(content | {'3.jpg': 'HERE'}).replace('"HERE"', present)
    (data / 'vg_category_200_labels_index.json').write_text(text)
    with pytest.raises(ValueError, match='3.jpg'):
        vg(data)


@pytest.mark.parametrize(
    'content',
    [b'', b'\n\n', b'\xff\xfe\x00', b'path,split,a\n"1.png,train,1\n', b'path,split,a\n1.png\n',
     b'path,split,a\n0.png,train,nan\n', b'path,split,a\n0.png,train,1e999\n',
     b'path,split,a\n0.png,train,=1+1\n', b'path,split,a\n1.png,train,1,1,1\n', b'\0,\0'],
)  # fmt: skip
def test_csvs(data, content):
    (data / 'labels.csv').write_bytes(content)
    with pytest.raises(ValueError, match='labels.csv'):
        csv(data)


@pytest.mark.parametrize('damage', ['short', 'empty', 'promises', 'header', 'archive', 'text'])
def test_label_files(data, damage):
    path = data / 'labels.npy'
    np.save(path, np.zeros((4, 3)))
    whole = path.read_bytes()
    np.savez(data / 'labels.npz', np.zeros((4, 3)))
    shape = b'(4, 3), }' + b' ' * 12
    contents = dict(
        short=whole[:-8],
        empty=b'',
        text=b'1,2',
        archive=(data / 'labels.npz').read_bytes(),
        header=whole.replace(b'), }', b'((( '),
        promises=whole.replace(shape, b'(4, 3' + b'0' * 12 + b'), }'),
    )
    assert whole not in contents.values()
    path.write_bytes(contents[damage])
    config = dict(
        type='CSVMultiLabel', data_root=str(data), ann_file='labels.csv', ignore_columns=('split',),
        data_prefix=dict(img_path='images'),
    )  # fmt: skip
    with pytest.raises(ValueError, match='labels.npy'):
        known = dict(type='LabelFile', path=str(path))
        DATASETS.build(dict(type='PartialLabelDataset', dataset=config, known=known))


@pytest.mark.parametrize(
    'text', ['cat', 'cat 1 x', 'cat nan 1', 'cat inf 1', 'cat 1e400 2', 'cat 1\ndog 1 2', '\0']
)
def test_word_vectors_in_text(tmp_path, text):
    (tmp_path / 'glove.txt').write_text(text + '\n')
    with pytest.raises(ValueError, match='glove.txt'):
        average_glove(['cat', 'dog'] if 'dog' in text else ['cat'], tmp_path / 'glove.txt')
