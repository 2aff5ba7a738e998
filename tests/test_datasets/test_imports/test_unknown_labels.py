import pytest

from dsrb_mm.datasets.imports import import_labels

TAGS = 'path,tags\na.jpg,dog\nb.jpg,cat\nc.jpg,\n'


@pytest.mark.parametrize(
    ('unknown', 'dog', 'cat'),
    [
        ('absent', [1, 0, 0], [0, 1, 0]),
        ('unlisted', [1, None, None], [None, 1, None]),
        ('overall.txt', [1, 0, 0], [None, 1, None]),
        ('each.csv', [1, 0, None], [0, 1, None]),
    ],
)
def test_what_is_not_listed(write, labels_of, unknown, dog, cat):
    write('overall.txt', 'dog\n\n')
    write('each.csv', 'path,looked_for\nb.jpg,dog\na.jpg,dog|cat\n')
    found = labels_of(write('x.csv', TAGS), unknown=unknown)
    assert [found[name]['dog'] for name in 'abc'] == dog
    assert [found[name]['cat'] for name in 'abc'] == cat


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('path,looked_for\nz.jpg,dog\n', r"f.csv to name images such as .* but got \['z.jpg'\]"),
        ('path,looked_for\na.jpg,horse\n', r"f.csv to name categories such as .*\['horse'\]"),
        ('path,tags\na.jpg,dog\n', 'f.csv to have a column named looked_for or category'),
    ],
)
def test_files_of_something_else(write, labels_of, text, message):
    write('f.csv', text)
    with pytest.raises(ValueError, match=message):
        labels_of(write('x.csv', TAGS), unknown='f.csv')


def test_a_ranking_says_what_was_asked(write, labels_of):
    write('rank.csv', 'path,category,score\nb.jpg,dog,0.5\na.jpg,cat,0.4\na.jpg,dog,0.1\n')
    found = labels_of(write('x.csv', TAGS), unknown='rank.csv')
    assert found == {
        'a': dict(dog=1, cat=0),
        'b': dict(dog=0, cat=1),
        'c': dict(dog=None, cat=None),
    }


def test_what_is_no_category_is_named(write):
    tags = write('tags.csv', 'path,tags\na.jpg,dog\nb.jpg,cat\n')
    looked_for = write('looked_for.CSV', 'path,looked_for\na.jpg,dgo|cat\n')
    report = import_labels(tags, 'l.csv', unknown=looked_for)
    assert 'looked_for.CSV names what is no category of the labels: dgo' in report.notes
