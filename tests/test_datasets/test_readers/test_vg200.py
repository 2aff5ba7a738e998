import json

import pytest
from helpers.data import random_labels, write_vg
from mmpretrain.registry import DATASETS


def build(root, **kwargs):
    config = dict(
        type='VG200',
        data_root=str(root),
        ann_file='test_list_500.txt',
        data_prefix=dict(img_path='VG_100K'),
    )
    return DATASETS.build(config | kwargs)


@pytest.fixture
def root(tmp_path):
    labels = random_labels(9, 200)
    write_vg(tmp_path, labels, dict(train=slice(0, 6), test=slice(6, 9)))
    return tmp_path, labels


def test_split_and_labels(root):
    folder, labels = root
    dataset = build(folder)
    assert (dataset.label_matrix() == labels[6:]).all()
    assert dataset.get_data_info(0)['img_path'].endswith('VG_100K/7.jpg')
    assert dataset.metainfo['classes'][3] == 'category 3'


def test_the_first_200_of_500_categories(root):
    folder, labels = root
    file = folder / 'vg_category_200_labels_index.json'
    indices = json.loads(file.read_text())
    wider = {name: [*present, 200, 499] for name, present in indices.items()}
    (folder / 'vg_category_500_labels_index.json').write_text(json.dumps(wider))
    dataset = build(folder, label_file='vg_category_500_labels_index.json')
    assert (dataset.label_matrix() == labels[6:]).all()


def test_names_from_the_user(root, tmp_path):
    folder, _ = root
    names = tmp_path / 'names.txt'
    names.write_text('\n'.join(f'name {i}' for i in range(200)))
    assert build(folder, classes=str(names)).metainfo['classes'][199] == 'name 199'


def test_errors(root):
    folder, _ = root
    (folder / 'other.txt').write_text('nowhere.jpg\n')
    with pytest.raises(ValueError, match=r'no labels for nowhere\.jpg'):
        build(folder, ann_file='other.txt')
    with pytest.raises(FileNotFoundError, match=r'missing\.txt'):
        build(folder, ann_file='missing.txt')
    with pytest.raises(FileNotFoundError, match=r'missing\.json'):
        build(folder, label_file='missing.json')


def test_a_line_twice(root):
    folder, labels = root
    list_file = folder / 'test_list_500.txt'
    list_file.write_text(list_file.read_text() + '8.jpg\n')
    with pytest.warns(UserWarning, match=r"1 images .* more than once, such as \['8.jpg'\]"):
        assert (build(folder).label_matrix()[[1, 3]] == labels[7]).all()
