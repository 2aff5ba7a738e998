import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from dsrb_mm.datasets.imports import import_labels
from dsrb_mm.datasets.imports.annotations import ReaderOptions
from dsrb_mm.datasets.imports.label_rows import read_label_rows


def test_a_label_is_what_its_row_says_and_unknown_without_one(write, labels_of):
    rows = ['path,category,value,by', 'a.jpg,dog,1,me', 'a.jpg,cat,0,me']
    text = '\n'.join([*rows, 'b.jpg, cat ,1.0,you', 'b.jpg,cow,,you'])
    assert labels_of(write('x.csv', text)) == {
        'a': dict(cat=0, cow=None, dog=1),
        'b': dict(cat=1, cow=None, dog=None),
    }


def test_files_of_open_images(write, labels_of):
    text = (
        'ImageID,Source,LabelName,Confidence\n'
        'a,verification,/m/0k4j,1\na,crowdsource-verification,/m/0bt9lr,0\nb,verification,/m/0k4j,0\n'
    )
    assert labels_of(write('x.csv', text)) == {
        'a': {'/m/0bt9lr': 0, '/m/0k4j': 1},
        'b': {'/m/0bt9lr': None, '/m/0k4j': 0},
    }


def test_a_label_with_both_values_is_unknown(write, folder, labels_of, capsys):
    from dsrb_mm.datasets.imports import import_labels

    source = write('x.csv', 'path,category,value\na.jpg,dog,1\na.jpg,dog,0\n./a.jpg,cat,1\n')
    assert labels_of(source) == {'a': dict(dog=None, cat=1)}
    report = import_labels(source, folder / 'y.csv', val=0)
    assert '1 labels are unknown: annotators disagree' in str(report)


def test_the_split_is_that_of_the_file(write, folder):
    from dsrb_mm.datasets.imports import import_labels

    text = 'path,split,label,value\na.jpg,train,dog,1\na.jpg,train,cat,0\nb.jpg,val,dog,0\n'
    report = import_labels(write('x.csv', text), folder / 'y.csv')
    assert (report.format, report.splits) == ('rows', dict(train=1, val=1))


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('a.jpg,dog,0.7\n', "column 'value', but got '0.7' in line 2; labels that a model guessed"),
        ('a.jpg,dog,yes\n', "but got 'yes' in line 2"),
        ('a.jpg,,1\n', 'name a category in line 2'),
        ('a.jpg,dog\n', '3 fields .* got 2 in line 2'),
        ('', 'to name images, but got none, only a header'),
    ],
)
def test_bad_rows(write, labels_of, text, message):
    with pytest.raises(ValueError, match=message):
        labels_of(write('x.csv', 'path,category,value\n' + text))


def test_what_is_unlisted_cannot_be_declared_absent(write, labels_of):
    source = write('x.csv', 'path,category,value\na.jpg,dog,1\n')
    assert labels_of(source, unknown='unlisted') == {'a': dict(dog=1)}
    with pytest.raises(ValueError, match='no value of unknown .* write 0 for what is absent'):
        labels_of(source, unknown='absent')


@settings(max_examples=50, deadline=None)
@given(
    rows=st.lists(
        st.tuples(st.sampled_from('ab'), st.sampled_from('xyz'), st.sampled_from(['0', '1', ''])),
        min_size=1,
    ),
    seed=st.integers(0, 99),
)
def test_the_order_of_rows_does_not_matter(tmp_path_factory, rows, seed):
    path = tmp_path_factory.mktemp('rows') / 'x.csv'
    read = []
    for order in (rows, random.Random(seed).sample(rows, len(rows))):
        path.write_text('\n'.join(['path,category,value', *map(','.join, order)]))
        images = read_label_rows(path, ReaderOptions()).images
        read.append({im.path: (im.present, im.absent, im.disputed) for im in images})
    assert read[0] == read[1]
    for image, (present, absent, disputed) in read[0].items():
        for category in 'xyz':
            found = {value for im, cat, value in rows if (im, cat) == (image, category)}
            expected = {'1': present, '0': absent}
            assert (category in disputed) == ({'0', '1'} <= found)
            for value, names in expected.items():
                assert (category in names) == (found - {''} == {value})


def test_an_image_in_several_splits_is_named(write):
    text = 'path,category,value,split\na.jpg,dog,1,train\na.jpg,cat,1,val\nb.jpg,dog,0,val\n'
    report = import_labels(write('rows.csv', text), 'l.csv')
    assert any(note.startswith('1 images are in several splits') for note in report.notes)
    assert report.splits == dict(train=1, val=1)
