import numpy as np
import pytest
from helpers.data import random_labels, write_csv
from mmpretrain.registry import DATASETS

CLASSES = ['cat', 'dog', 'green grass']


@pytest.fixture
def table(tmp_path):
    labels = random_labels(6, 3)
    labels[2, 1] = labels[4, 0] = -1
    file = tmp_path / 'labels.csv'
    write_csv(file, labels, CLASSES, ['train'] * 4 + ['val'] * 2)
    return file, labels


def build(file, **kwargs):
    config = dict(
        type='CSVMultiLabel',
        data_root=str(file.parent),
        ann_file=file.name,
        data_prefix=dict(img_path='images'),
        split_column='split',
        split='train',
    )
    return DATASETS.build(config | kwargs)


def test_splits_labels_and_paths(table):
    file, labels = table
    train, val = build(file), build(file, split='val')
    assert (train.label_matrix() == labels[:4]).all()
    assert (val.label_matrix() == labels[4:]).all()
    assert train.metainfo['classes'] == tuple(CLASSES)
    assert val.get_data_info(1)['img_path'].endswith('images/5.png')
    assert train.get_data_info(2)['gt_score'].tolist() == labels[2].tolist()


def test_separate_files_and_ignored_columns(table):
    file, labels = table
    dataset = build(file, split=None, split_column=None, ignore_columns=('split',))
    assert (dataset.label_matrix() == labels).all()


def test_given_classes_fix_the_order(table):
    file, labels = table
    dataset = build(file, classes=['dog', 'green grass', 'cat'])
    assert (dataset.label_matrix() == labels[:4][:, [1, 2, 0]]).all()


def test_numbers_in_other_spellings(tmp_path):
    file = tmp_path / 'a.csv'
    file.write_text('path,a,b\nx.jpg,1.0, 0 \ny.jpg,-1,\n')
    dataset = build(file, split=None, split_column=None, check_images=False)
    assert dataset.label_matrix().tolist() == [[1, 0], [-1, -1]]


def test_category_named_like_a_missing_value(tmp_path):
    file = tmp_path / 'a.csv'
    file.write_text('path,None,NA\nx.jpg,1,0\n')
    dataset = build(file, split=None, split_column=None, check_images=False)
    assert dataset.metainfo['classes'] == ('None', 'NA')
    assert dataset.label_matrix().tolist() == [[1, 0]]


def edit(file, old, new):
    file.write_text(file.read_text().replace(old, new))


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(classes=['cat', 'dog']), r"unknown columns \['green grass'\]"),
        (dict(classes=[*CLASSES, 'cow']), r"missing columns \['cow'\]"),
        (dict(split='test'), r"\['train', 'val'\].*'test'"),
        (dict(path_column='file'), "column 'file'"),
        (dict(ignore_columns=['bye']), r"column 'bye' \(ignore_columns\)"),
        (dict(split=None), 'together'),
    ],
)
def test_bad_arguments(table, kwargs, message):
    with pytest.raises(ValueError, match=message):
        build(table[0], **kwargs)


def test_bad_values_name_line_and_column(table):
    file, _ = table
    edit(file, '2.png,train,', '2.png,train,maybe')
    with pytest.raises(ValueError, match=r"'maybe.*' in line 4, column 'cat'"):
        build(file)


def test_repeated_column_and_empty_path(table):
    file, _ = table
    text = file.read_text()
    edit(file, 'dog', 'cat')
    with pytest.raises(ValueError, match=r"more than once: \['cat'\]"):
        build(file)
    file.write_text(text.replace('1.png', ' '))
    with pytest.raises(ValueError, match='empty image path in line'):
        build(file)


def test_missing_images_are_named(table):
    file, _ = table
    (file.parent / 'images' / '3.png').unlink()
    with pytest.raises(FileNotFoundError, match=r'1 of 4 images .*images/3\.png'):
        build(file)
    assert len(build(file, check_images=False)) == 4


def test_missing_and_unreadable_file(tmp_path):
    with pytest.raises(FileNotFoundError, match=r'no\.csv'):
        build(tmp_path / 'no.csv')
    (tmp_path / 'empty.csv').write_text('')
    with pytest.raises(ValueError, match='cannot be read'):
        build(tmp_path / 'empty.csv')
    (tmp_path / 'binary.csv').write_bytes(bytes(np.arange(256, dtype=np.uint8)))
    with pytest.raises(ValueError, match=r'binary\.csv'):
        build(tmp_path / 'binary.csv')


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('path,a,b\nx, y.jpg,1,0\nz, w.jpg,0,1\n', 'to have 3 fields .* got 4 in line 2'),
        ('path,a,b\nx.jpg,1,0\n\ny.jpg,1\n', 'to have 3 fields .* got 2 in line 4'),
        ('path,a,b\n"x\ny.jpg",1,0\nz.jpg,1,maybe\n', "'maybe' in line 4, column 'b'"),
        ('path,a,\nx.jpg,1,0\n', r'column 3 has no name.*ignore_columns'),
        ('path,a,b\n"x.jpg,1,0\n', 'cannot be read as CSV in UTF-8 from line 2 on'),
        ('path,a,b\nx.jpg,1,1_0\n', "'1_0' in line 2"),
        ('path,a,b\nx.jpg,1,nan\n', "'nan' in line 2"),
    ],
)
def test_rows_that_do_not_fit_name_the_line(tmp_path, text, message):
    (tmp_path / 'a.csv').write_text(text)
    with pytest.raises(ValueError, match=message):
        build(tmp_path / 'a.csv', split=None, split_column=None, check_images=False)


def test_byte_order_mark_quotes_and_line_ends(tmp_path):
    (tmp_path / 'a.csv').write_bytes(b'\xef\xbb\xbfpath,a,b\r\n"x, y.jpg",1,\r\n\r\nz.jpg,,0\r\n')
    dataset = build(tmp_path / 'a.csv', split=None, split_column=None, check_images=False)
    assert dataset.get_data_info(0)['img_path'].endswith('x, y.jpg')
    assert dataset.label_matrix().tolist() == [[1, -1], [-1, 0]]


def test_label_matrix_of_a_whole_set_is_no_copy(table):
    dataset = build(table[0], split=None, split_column=None, ignore_columns=['split'])
    labels = dataset.label_matrix()
    assert labels is dataset.label_matrix() and not labels.flags.writeable
    dataset.get_subset_([3, 1])
    assert (dataset.label_matrix() == labels[[3, 1]]).all()


def test_blanks_after_commas(tmp_path):
    text = 'path, split, dog ,cat\na.jpg, train, 1, 0\nb.jpg,val ,0,\nc.jpg,train,,\n'
    (tmp_path / 'a.csv').write_text(text)
    dataset = build(tmp_path / 'a.csv', check_images=False)
    assert dataset.metainfo['classes'] == ('dog', 'cat')
    assert dataset.label_matrix().tolist() == [[1, 0], [-1, -1]]
    assert dataset.split_counts == {'train': 2, 'val': 1}


def test_a_split_in_several_spellings(table):
    file, _ = table
    edit(file, '2.png,train', '2.png,Train')
    with pytest.raises(ValueError, match=r"spell 'train' in one way, but got 'Train' in 1 rows"):
        build(file)
    assert len(build(file, split='val')) == 2


def test_minus_one_is_unknown_and_the_message_says_so(table):
    file, labels = table
    edit(file, '1.png,train,0', '1.png,train,-1')
    assert (build(file).label_matrix()[1] == [-1, *labels[1, 1:]]).all()
    edit(file, '1.png,train,-1', '1.png,train,-2')
    with pytest.raises(ValueError, match=r"1, 0 and -1 or nothing \(unknown\), but got '-2'"):
        build(file)


def test_an_image_twice(table):
    file, _ = table
    file.write_text(file.read_text() + '0.png,train,1,,0\n')
    with pytest.raises(
        ValueError, match=r"0\.png is image 0 with 'green grass' present, and image 4"
    ):
        build(file)
    edit(file, '0.png,train,1,,0', '0.png,train,1,,')  # unknown contradicts nothing
    with pytest.warns(UserWarning, match=r"more than once, such as \['0.png'\]"):
        assert len(build(file)) == 5
