import json

import numpy as np
import pytest
from helpers.data import random_labels, write_coco
from mmpretrain.registry import DATASETS
from pycocotools.coco import COCO

CLASSES = ['cat', 'dog', 'bird', 'cow']


def build(root, **kwargs):
    config = dict(
        type='CocoMultiLabel',
        data_root=str(root),
        ann_file='annotations/instances_val.json',
        data_prefix=dict(img_path='val'),
    )
    return DATASETS.build(config | kwargs)


def test_labels_agree_with_pycocotools(tmp_path):
    write_coco(tmp_path, 'val', random_labels(10, 4), CLASSES)
    dataset = build(tmp_path)
    coco = COCO(str(tmp_path / 'annotations/instances_val.json'))
    categories = sorted(coco.cats)
    assert dataset.metainfo['classes'] == tuple(coco.cats[i]['name'] for i in categories)
    for row, image in enumerate(coco.dataset['images']):
        present = {a['category_id'] for a in coco.loadAnns(coco.getAnnIds(image['id']))}
        info = dataset.get_data_info(row)
        assert info['img_path'].endswith(f'val/{image["file_name"]}')
        assert {categories[c] for c in info['gt_label']} == present
        assert info['gt_score'].tolist() == [float(i in present) for i in categories]


def test_images_without_annotation_are_kept(tmp_path):
    labels = random_labels(5, 4)
    labels[2:4] = 0
    write_coco(tmp_path, 'val', labels, CLASSES)
    dataset = build(tmp_path)
    assert len(dataset) == 5
    assert (dataset.label_matrix() == labels).all()


def test_image_files_need_not_exist_at_construction(tmp_path):
    write_coco(tmp_path, 'val', random_labels(3, 4), CLASSES)
    for file in (tmp_path / 'val').iterdir():
        file.unlink()
    dataset = build(tmp_path, pipeline=[dict(type='LoadImageFromFile')])
    with pytest.raises(FileNotFoundError, match=r'000001\.jpg'):
        dataset[1]


def test_indices_take_a_subset(tmp_path):
    labels = random_labels(8, 4)
    write_coco(tmp_path, 'val', labels, CLASSES)
    dataset = build(tmp_path, indices=[5, 2])
    assert (dataset.label_matrix() == labels[[5, 2]]).all()
    assert dataset.get_data_info(0)['gt_label'] == np.flatnonzero(labels[5]).tolist()


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (lambda c: c.pop('images'), 'COCO instances json'),
        (lambda c: c['annotations'].append(dict(image_id=1, category_id=1)), 'unknown image'),
        (lambda c: c['annotations'].append(dict(image_id=9000, category_id=99)), 'unknown image'),
        (lambda c: c.update(images=[], annotations=[]), 'got none'),
        (lambda c: c.update(categories=3), 'COCO instances json'),
        (lambda c: c['images'].append(dict(c['images'][0])), r'images\[3\] has the id'),
        (lambda c: c['categories'].append(dict(id=77, name='cat')), r"more than once: \['cat'\]"),
        (lambda c: c['annotations'][1].pop('category_id'), r'annotations\[1\] of .*category_id'),
        (lambda c: c['images'][1].update(id=[1]), r'images\[1\] of .*to have id and file_name'),
    ],
)
def test_malformed_json(tmp_path, change, message):
    write_coco(tmp_path, 'val', random_labels(3, 4), CLASSES)
    file = tmp_path / 'annotations/instances_val.json'
    content = json.loads(file.read_text())
    change(content)
    file.write_text(json.dumps(content))
    with pytest.raises(ValueError, match=message):
        build(tmp_path)


def test_truncated_json(tmp_path):
    write_coco(tmp_path, 'val', random_labels(3, 4), CLASSES)
    file = tmp_path / 'annotations/instances_val.json'
    file.write_text(file.read_text()[:100])
    with pytest.raises(ValueError, match=r'instances_val\.json'):
        build(tmp_path)


def test_given_classes_are_found_by_name(tmp_path):
    labels = random_labels(6, 4)
    write_coco(tmp_path, 'val', labels, CLASSES)
    dataset = build(tmp_path, classes=['cow', 'cat'])
    assert dataset.metainfo['classes'] == ('cow', 'cat')
    assert (dataset.label_matrix() == labels[:, [3, 0]]).all()
    assert (build(tmp_path, classes=CLASSES[::-1]).label_matrix() == labels[:, ::-1]).all()
    with pytest.raises(ValueError, match=r"has \['cat'.*got \['horse'\]"):
        build(tmp_path, classes=['cat', 'dog', 'bird', 'horse'])


def list_again(root, *, same_labels):
    """The first image once more, under another id."""
    file = root / 'annotations/instances_val.json'
    content = json.loads(file.read_text())
    first = content['images'][0]
    content['images'].append(dict(first, id=1))
    again = [a for a in content['annotations'] if a['image_id'] == first['id']]
    content['annotations'] += [dict(a, image_id=1) for a in again if same_labels]
    file.write_text(json.dumps(content))


def test_a_file_name_twice(tmp_path):
    write_coco(tmp_path, 'val', random_labels(3, 4), CLASSES)
    list_again(tmp_path, same_labels=False)
    with pytest.raises(ValueError, match=r"000000\.jpg is image 0 with 'cat' present, and image 3"):
        build(tmp_path)
    write_coco(tmp_path, 'val', random_labels(3, 4), CLASSES)
    list_again(tmp_path, same_labels=True)
    with pytest.warns(UserWarning, match='1 images are listed more than once'):
        assert len(build(tmp_path)) == 4
