import copy

import pytest

from dsrb_mm.datasets.imports import import_labels
from dsrb_mm.datasets.imports.label_studio import candidates


def answer(*choices, **more):
    region = dict(
        id='Dx_aB91ISN', from_name='choice', to_name='image', type='choices', origin='manual'
    )
    result = [dict(region, value=dict(choices=list(choices)))] if choices else []
    return dict(
        id=1001, result=result, was_cancelled=False, ground_truth=False, lead_time=4.2, **more
    )


def task(image, *annotations, **data):
    return dict(
        id=1, data=dict(image=image, **data), annotations=list(annotations), predictions=[],
        drafts=[], file_upload='1a2b3c4d-a.jpg', meta={}, project=83,
        total_annotations=len(annotations),
    )  # fmt: skip


EXPORT = [
    task('/data/upload/3/1a2b3c4d-a.jpg', answer('dog', 'grass')),
    task('/data/local-files/?d=photos/images/b.jpg', answer()),
    task('https://example.com/photos/c.jpg?x=1', answer('dog'), answer('dog', 'cat')),
    task('s3://bucket/d.jpg', dict(answer('cow'), was_cancelled=True)),
    task('e.jpg'),
    task('f.jpg', answer('cat'), choices=[dict(value='cat'), dict(value='dog')]),
]


def test_choices(write, labels_of):
    found = labels_of(write('export.json', EXPORT), unknown='absent')
    assert found == {
        'a': dict(dog=1, grass=1, cat=0),
        'b': dict(dog=0, grass=0, cat=0),
        'c': dict(dog=1, grass=0, cat=None),  # annotators disagree
        'd': dict(dog=None, grass=None, cat=None),  # skipped
        'e': dict(dog=None, grass=None, cat=None),  # not annotated
        'f': dict(dog=0, grass=None, cat=1),  # grass could not be chosen
    }
    report = import_labels('export.json', 'x.csv', unknown='absent')
    assert report.notes[:2] == (
        '2 images were not looked at: all their labels are unknown',
        '1 labels are unknown: annotators disagree, or all objects are marked difficult: '
        'cat of https://example.com/photos/c.jpg?x=1',
    )


def test_regions_and_other_fields(write, labels_of):
    box = dict(
        type='rectanglelabels', value=dict(x=1, y=2, width=3, height=4, rectanglelabels=['cow'])
    )
    tasks = [dict(data=dict(text='x.y', photo='a.jpg'), annotations=[dict(result=[box])])]
    assert labels_of(write('x.json', tasks), unknown='unlisted') == {'a': dict(cow=1)}
    tasks[0]['data']['other.jpg'] = 'b.jpg'
    found = labels_of(write('x.json', tasks), unknown='unlisted', field='other.jpg')
    assert found == {'b': dict(cow=1)}


def test_where_images_are_looked_for():
    assert candidates('/data/upload/3/1a2b3c4d-x y.jpg')[-1] == 'x y.jpg'
    assert candidates('/data/local-files/?d=p/q/b%20c.jpg')[:2] == ['p/q/b c.jpg', 'q/b c.jpg']
    assert 'c%.jpg' in candidates('https://host/a/c%25.jpg?x=1') and candidates('') == []
    assert candidates('a/../../c.jpg')[0] == 'a/c.jpg'


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (
            lambda task: task.pop('annotations'),
            r'task 1: expected data and annotations, .*JSON-MIN',
        ),
        (lambda task: task.update(data=dict(text='no image')), r"an image in its data.*\['text'\]"),
        (lambda task: task['annotations'].append({}), 'task 1: expected annotations with a result'),
        (lambda task: task['annotations'].append(dict(result=[{}])), 'results with type and value'),
        (lambda task: task['data'].update(choices=[3]), 'task 1, choices: expected a list of'),
        (
            lambda task: task['annotations'].append(
                dict(result=[dict(type='choices', value=dict(choices='dog'))])
            ),
            "task 1, choices: expected a list of category names, but got 'dog'",
        ),
    ],
)
def test_bad_files(write, labels_of, change, message):
    tasks = copy.deepcopy(EXPORT)
    change(tasks[1])
    with pytest.raises(ValueError, match=message):
        labels_of(write('x.json', tasks), unknown='absent')
