import pytest

from dsrb_mm.datasets.imports import import_labels


def test_what_was_looked_for_stands_beside_the_tags(write, labels_of):
    text = 'image, labels ,looked_for,split\na.jpg,dog;cat,dog;cat;cow,train\nb.jpg,,dog,val\n'
    found = labels_of(write('x.csv', text), unknown='absent', separator=';')
    assert found == {'a': dict(cat=1, dog=1), 'b': dict(cat=None, dog=0)}


def test_a_named_column(write, labels_of):
    text = 'path,mine,tags\na.jpg,dog,cat\n'
    assert labels_of(write('x.csv', text), unknown='unlisted', field='mine') == {'a': dict(dog=1)}


def test_repeated_rows_are_joined(write, labels_of):
    text = 'path,tags\na.jpg,dog\n./a.jpg,cat\nb.jpg,\n'
    found = labels_of(write('x.csv', text), unknown='absent')
    assert found == {'a': dict(dog=1, cat=1), 'b': dict(dog=0, cat=0)}


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('name,tags\na.jpg,dog\n', 'x.csv to have a column named path or image'),
        ('path,tags\na.jpg,dog,cat\n', 'x.csv to have 2 fields .* got 3 in line 2'),
        ('path,tags\na.jpg,"dog\n', 'x.csv cannot be read as CSV .* line 2'),
        ('path,tags\n', 'x.csv to name images'),
        ('path,tags\na.jpg,\n', 'x.csv to name categories'),
    ],
)
def test_bad_files(write, labels_of, text, message):
    with pytest.raises(ValueError, match=message):
        labels_of(write('x.csv', text), unknown='absent')


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        (
            'path,Dog\na.jpg,yes\n',
            "1 .present., 0 .absent. or nothing .unknown., but got 'yes' in line 2.*write 1",
        ),
        ('path,note\na.jpg,x\n', 'that is not a category .--ignore COLUMN, or ignore_columns'),
        ('Path,Dog\na.jpg,1\n', r"in lower case, but got \['Path', 'Dog'\]; rename the column"),
    ],
)
def test_bad_label_columns(write, labels_of, text, message):
    with pytest.raises(ValueError, match=message):
        labels_of(write('x.csv', text), unknown=None)


def test_tags_that_may_be_several_are_named(write):
    file = write('x.csv', 'path,tags\na.jpg,"dog, cat"\nb.jpg,dog\n')
    report = import_labels(file, 'l.csv', unknown='absent')
    assert any('(--separator): dog, cat' in note for note in report.notes)
    report = import_labels(file, 'm.csv', unknown='absent', separator=',')
    assert report.counts.category.tolist() == ['cat', 'dog']
    assert not any('--separator' in note for note in report.notes)
