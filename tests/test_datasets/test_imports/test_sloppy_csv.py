"""What people get wrong in a CSV of their own is said, not guessed."""

import pytest

from dsrb_mm.datasets import import_labels


@pytest.fixture
def run(tmp_path):
    for i in range(6):
        (tmp_path / f'{i}.png').touch()

    def call(text, **options):
        (tmp_path / 'labels.csv').write_text(text)
        return import_labels(tmp_path / 'labels.csv', tmp_path / 'out.csv', **options)

    return call


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('path,cat,cat\n0.png,1,0\n', r"columns named more than once: \['cat'\]"),
        ('path,split,cat\n0.png,Train,1\n1.png,val,0\n', "'Train' for 1 images: write train"),
        ('path,split,cat\n0.png,training,1\n1.png,train,0\n', 'write train'),
        ('path,split,cat\n0.png,train,1\n1.png,validation,0\n', 'write val'),
        ('path,split,cat\n0.png,test,1\n1.png,test,0\n', r"images by split: {'test': 2}"),
    ],
)
def test_errors(run, text, message):
    with pytest.raises(ValueError, match=message):
        run(text)


def test_a_column_to_ignore_must_be_there(run):
    with pytest.raises(ValueError, match=r"columns to ignore \['nte'\]"):
        run('path,note,cat\n0.png,1,1\n1.png,1,0\n', ignore_columns=['nte'])


def test_an_image_in_two_splits_is_named(run):
    report = run('path,split,cat\n0.png,train,1\n1.png,val,0\n0.png,val,1\n')
    (note,) = [line for line in report.notes if 'several splits' in line]
    assert note.startswith('1 images are in several splits and stay in the one named first')
    assert '0.png' in note and report.splits == dict(train=1, val=1)
