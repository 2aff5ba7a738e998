import unicodedata

import pandas as pd
import pytest
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.imports import import_labels

TAGS = 'path,tags\na.jpg,dog|grass\nb.jpg, cat \nc.jpg,\n'


def test_what_was_read_is_told(write, folder):
    report = import_labels(
        write('tags.csv', TAGS), 'new/labels.csv', relative_to='.', unknown='absent'
    )
    assert report.counts.to_dict('records')[1] == dict(
        category='grass', present=1, absent=2, unknown=0
    )
    assert report.format == 'tags' and sum(report.splits.values()) == 3
    text = str(report)
    assert 'new/labels.csv: 3 images' in text and '3 labels present, 6 absent, 0 unknown' in text
    assert '1 images drawn for validation, by labels, seed 0' in text


def test_the_csv_is_read_by_our_reader(write, folder):
    write('images/we,ird "name".jpg', '')
    write('tags.csv', TAGS.replace('b.jpg', '"we,ird ""name"".jpg"'))
    import_labels('tags.csv', 'labels.csv', unknown='unlisted', val=0.4)
    sets = [
        DATASETS.build(
            dict(type='CSVMultiLabel', ann_file=str(folder / 'labels.csv'), split_column='split',
                 split=split, data_prefix=dict(img_path=str(folder)))
        )
        for split in ('train', 'val')
    ]  # fmt: skip
    assert sum(map(len, sets)) == 3 and sets[0].metainfo['classes'] == ('dog', 'grass', 'cat')


def test_a_csv_of_labels_gets_a_split(write, labels_of):
    text = 'path,dog,note,cat\na.jpg,1,x,\nb.jpg,0,y,-1\nc.jpg,,,1\nc.jpg,,,0\n'
    found = labels_of(write('mine.csv', text), ignore_columns=['note'])
    assert found['a'] == dict(dog=1, cat=None) and found['b'] == dict(dog=0, cat=None)
    assert found['c'] == dict(dog=None, cat=None)  # contradicting rows
    with pytest.raises(ValueError, match="mine.csv .* but got 'x' in line 2, column 'note'"):
        labels_of('mine.csv')


def test_chosen_categories_in_order(write, labels_of):
    assert labels_of(write('tags.csv', TAGS), unknown='absent', categories=['cat', 'dog']) == {
        'a': dict(cat=0, dog=1), 'b': dict(cat=1, dog=0), 'c': dict(cat=0, dog=0)
    }  # fmt: skip
    report = import_labels('tags.csv', 'x.csv', unknown='absent', categories=['cat', 'bird'])
    assert 'categories left out: dog, grass' in report.notes
    assert pd.read_csv('x.csv').bird.tolist() == [0, 0, 0]


def test_links_are_the_same_image(write, folder, labels_of):
    (folder / 'images/z.jpg').symlink_to('a.jpg')
    found = labels_of(write('tags.csv', TAGS + 'z.jpg,cat\n'), unknown='absent')
    assert found['a'] == dict(dog=1, grass=1, cat=1) and 'z' not in found


def test_missing_images(write, folder):
    source = write('tags.csv', TAGS + 'gone.jpg,dog\n')
    message = r"1 of 4 images not found in images: 'gone.jpg' \(tags.csv, line 5\)"
    with pytest.raises(FileNotFoundError, match=message):
        import_labels(source, 'labels.csv', unknown='absent')
    report = import_labels(source, 'labels.csv', unknown='absent', skip_missing=True)
    assert sum(report.splits.values()) == 3
    assert report.notes[0] == '1 images are missing and were left out'


def test_images_that_our_reader_would_refuse(write, folder):
    write('tags.csv', TAGS)
    with pytest.raises(ValueError, match=r'below .*/out, .* write the CSV into .*/images or a'):
        import_labels('tags.csv', 'out/labels.csv', unknown='absent')
    assert not (folder / 'out').exists()


@pytest.mark.parametrize(
    ('options', 'error', 'message'),
    [
        (dict(), ValueError, r'by unknown \(--unknown\): absent .* unlisted .* or a file'),
        (dict(unknown='absnt'), FileNotFoundError, 'no such file: absnt; say what'),
        (dict(unknown='absent', format='yolo'), ValueError, "but got 'yolo'"),
        (
            dict(unknown='absent', out='tags.csv', overwrite=True),
            ValueError,
            'tags.csv to be a new file',
        ),
        (dict(unknown='absent', out='old.csv'), FileExistsError, 'old.csv exists'),
        (dict(unknown='absent', source='no.csv'), FileNotFoundError, 'no.csv'),
        (dict(unknown='absent', source='words.txt'), ValueError, 'folder, .csv, .json or .xml'),
        (dict(unknown='absent', source='odd.json'), ValueError, "json of .*\\['x'\\]"),
        (dict(unknown='absent', categories=['path']), ValueError, r"reserved \['path'\]"),
    ],
)
def test_wrong_arguments(write, folder, options, error, message):
    for name, content in (
        ('tags.csv', TAGS),
        ('old.csv', ''),
        ('words.txt', ''),
        ('odd.json', {'x': 1}),
    ):
        write(name, content)
    options = dict(dict(source='tags.csv', out='labels.csv'), **options)
    with pytest.raises(error, match=message):
        import_labels(**options)
    assert not (folder / 'labels.csv').exists()


def test_names_that_look_alike(write):
    report = import_labels(write('tags.csv', TAGS + 'd.jpg,Dog\n'), 'l.csv', unknown='absent')
    how = 'in upper and lower case, or in the encoding of accents, only'
    assert f'categories that differ {how}: dog, Dog' in report.notes


@pytest.mark.parametrize('form', ['NFC', 'NFD'])
def test_accents_of_file_names_may_be_encoded_otherwise(write, folder, labels_of, form):
    other = {'NFC': 'NFD', 'NFD': 'NFC'}[form]
    write(f'images/{unicodedata.normalize(form, "café")}.jpg', 'a photograph')
    text = f'path,dog\n{unicodedata.normalize(other, "café")}.jpg,1\na.jpg,0\n'
    found = labels_of(write('labels.csv', text), 'out.csv')
    assert found[unicodedata.normalize(form, 'café')] == dict(dog=1)
