import pytest

from dsrb_mm.datasets.imports import import_labels

BASE = (
    'path,split,note,dog,cat\na.jpg,train,x,,1.0\nb.jpg,val,"y,z",0,\na.jpg,more,,1,\nc.jpg,,,,\n'
)


@pytest.fixture
def add(write, folder):
    write('labels.csv', BASE)

    def run(text, **options):
        write('answers.csv', text)
        report = import_labels('answers.csv', 'new.csv', add_to='labels.csv', **options)
        return report, (folder / 'new.csv').read_text()

    return run


def test_gaps_are_filled_and_nothing_else_changes(add):
    report, text = add('path,dog,cat\na.jpg,1,1\nb.jpg,1,0\nc.jpg,,0\n')
    assert text == BASE.replace('x,,1.0', 'x,1,1.0').replace('"y,z",0,', '"y,z",0,0').replace(
        'more,,1,', 'more,,1,1'
    ).replace('c.jpg,,,,', 'c.jpg,,,,0')
    assert report.notes == (
        '4 labels added to those of labels.csv',
        '1 known labels kept against answers: b.jpg (dog)',
    )
    assert report.counts.to_dict('list') == dict(
        category=['dog', 'cat'], present=[2, 2], absent=[1, 2], unknown=[1, 0]
    )
    assert report.splits == dict(train=1, val=1, more=1) | {'': 1}


def test_the_csv_may_lie_far_from_its_images(add, folder, tmp_path_factory):
    add('path,dog,cat\na.jpg,1,1\n')
    far = tmp_path_factory.mktemp('far')
    (far / 'labels.csv').write_text(BASE)
    report = import_labels(
        folder / 'answers.csv',
        far / 'new.csv',
        add_to=far / 'labels.csv',
        image_root=folder / 'images',
    )
    assert report.notes == ('2 labels added to those of ' + str(far / 'labels.csv'),)


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('path,cow\na.jpg,1\n', r"labels.csv to have a column for every .* lacks \['cow'\]"),
        ('path,dog\nd.jpg,1\n', r'labels.csv to list all images .* lacks 1: .*d\.jpg'),
        ('path,note\nb.jpg,1\n', "labels.csv to hold 1, 0 or nothing, but got 'x' in line 2"),
    ],
)
def test_answers_that_do_not_belong(add, folder, text, message):
    with pytest.raises(ValueError, match=message):
        add(text)
    assert not (folder / 'new.csv').exists()
    with pytest.raises(ValueError, match='labels.csv to be a new file'):
        import_labels('answers.csv', 'labels.csv', add_to='labels.csv', overwrite=True)
