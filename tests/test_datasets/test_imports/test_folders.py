import os

import pandas as pd
import pytest

from dsrb_mm.datasets.imports import import_labels


def test_a_folder_per_category(write, labels_of, folder):
    for name in (
        'dog/1.jpg',
        'dog/deep/2.PNG',
        'cat/3.jpg',
        'cat/notes.txt',
        '_unlabeled/4.jpg',
        '5.jpg',
    ):
        write(f'set/{name}', '')
    (folder / 'set/cat/1.jpg').symlink_to('../dog/1.jpg')
    found = labels_of('set', 'set/labels.csv', unknown='absent')
    assert found == {
        'cat/1': dict(cat=1, dog=1),
        'cat/3': dict(cat=1, dog=0),
        'dog/deep/2.PNG': dict(cat=0, dog=1),
        '_unlabeled/4': dict(cat=None, dog=None),
        '5': dict(cat=None, dog=None),
    }


def test_folders_of_splits(write, folder):
    for name in ('train/dog/1.jpg', 'valid/dog/2.jpg', 'test/cat/3.jpg'):
        write(f'set/{name}', '')
    report = import_labels('set', 'set/labels.csv', unknown='absent')
    table = pd.read_csv('set/labels.csv')
    assert dict(zip(table.path.str[-5], table.split, strict=True)) == {
        '1': 'train',
        '2': 'val',
        '3': 'test',
    }
    assert report.splits == dict(train=1, val=1, test=1)


def test_no_categories(labels_of):
    with pytest.raises(ValueError, match='images to hold a folder per category'):
        labels_of('images', unknown='absent')


def test_names_of_files(write, labels_of, folder):
    write('set/dog/=1+1.jpg', '')
    write('set/dog/\r.jpg', '')
    assert set(labels_of('set', 'set/dog/labels.csv', unknown='absent')) == {'./=1+1', './\r'}
    (folder / 'set/dog' / os.fsdecode(b'\xff.jpg')).touch()
    with pytest.raises(ValueError, match=r"UTF-8, but got 'set/dog/\\udcff.jpg'"):
        labels_of('set', unknown='absent')


def test_copies_are_one_image_and_hidden_files_none(write, labels_of, folder):
    write('set/dog/1.jpg', 'the same photograph')
    write('set/cat/1.jpg', 'the same photograph')
    write('set/cat/2.jpg', 'one')
    write('set/dog/2.jpg', 'two')
    for name in ('.cache/1.jpg', '__MACOSX/1.jpg', 'cat/._1.jpg', 'cat/.thumbs/1.jpg'):
        write(f'set/{name}', '')
    (folder / 'set/cat/lost.jpg').symlink_to('nowhere.jpg')
    found = labels_of('set', 'set/labels.csv', unknown='absent', skip_missing=True)
    assert found == {
        'cat/1': dict(cat=1, dog=1),
        'cat/2': dict(cat=1, dog=0),
        'dog/2': dict(cat=0, dog=1),
    }
