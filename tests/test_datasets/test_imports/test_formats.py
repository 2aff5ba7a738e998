from pathlib import Path

import pytest

from dsrb_mm.datasets.imports import import_labels
from dsrb_mm.datasets.imports.formats import find_format


@pytest.mark.parametrize(
    ('text', 'ignored', 'found'),
    [
        ('path,tags\na.jpg,dog\nb.jpg,\n', (), 'tags'),
        ('path,label,dog\na.jpg,1,0\nb.jpg,,1\n', (), 'csv'),  # a category called label
        ('path,label,dog\na.jpg,my best one,0\n', (), 'tags'),
        ('path,label,dog\na.jpg,my best one,0\n', ('label',), 'csv'),
        ('path,category,value\na.jpg,dog,1\n', (), 'rows'),
        ('path,category,value\na.jpg,0,1\n', (), 'csv'),  # two categories
        ('path,category,value,dog\na.jpg,x,y,1\n', ('category', 'value'), 'csv'),
        ('path,tags\n', (), 'tags'),
    ],
)
def test_formats_of_csv_files(write, text, ignored, found):
    assert find_format(Path(write('x.csv', text)), ignored) == found


def test_an_ignored_column_is_not_read_as_tags(write):
    file = write('x.csv', 'path,label,dog\na.jpg,my best one,0\nb.jpg,,1\n')
    report = import_labels(file, 'l.csv', ignore_columns=['label'])
    assert report.counts.category.tolist() == ['dog']


def test_categories_that_do_not_fit_are_named(write):
    file = write('x.csv', 'path,Cat,dog\na.jpg,1,0\nb.jpg,0,1\n')
    report = import_labels(file, 'l.csv', categories=['cat', 'dog'])
    assert 'categories left out: Cat' in report.notes
    assert 'categories that x.csv does not name: cat' in report.notes
    with pytest.raises(ValueError, match=r"x.csv to name categories such as \['bird'\], but got"):
        import_labels(file, 'm.csv', categories=['bird'])
