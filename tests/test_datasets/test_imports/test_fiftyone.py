import pytest

from dsrb_mm.datasets.imports import import_labels


def sample(name, *labels, tags=()):
    return {
        '_id': {'$oid': '655f'}, 'filepath': f'data/{name}', 'tags': list(tags),
        '_media_type': 'image',
        'ground_truth': {
            '_cls': 'Classifications',
            'classifications': [
                {'_id': {'$oid': '1'}, '_cls': 'Classification', 'tags': [], 'label': label}
                for label in labels
            ],
            'logits': None,
        },
    }  # fmt: skip


def one(label):
    return {'_cls': 'Classification', 'label': label}


SAMPLES = [
    sample('a.jpg', 'dog', 'cat', tags=['train']),
    dict(sample('b.jpg', tags=['validation']), ground_truth=one('dog')),
    sample('c.jpg', tags=['x']),
    dict(sample('d.jpg'), ground_truth=None),
]


@pytest.fixture
def data(folder):
    (folder / 'data').symlink_to('images')


def test_fiftyone_dataset(write, data, labels_of):
    write('metadata.json', dict(name='mine'))
    write('samples.json', dict(samples=SAMPLES))
    found = {
        key.removeprefix('data/'): value for key, value in labels_of('.', unknown='absent').items()
    }
    assert found == {
        'a': dict(cat=1, dog=1), 'b': dict(cat=0, dog=1), 'c': dict(cat=0, dog=0),
        'd': dict(cat=None, dog=None),
    }  # fmt: skip
    assert import_labels('.', 'x.csv', unknown='absent').splits == dict(train=3, val=1)


def test_classification_dataset(write, data, labels_of):
    content = dict(
        classes=['cat', 'dog'], labels=dict(a=[1, 0], b=dict(label=1, confidence=0.9), c=None)
    )
    write('labels.json', content)
    found = labels_of('.', unknown='absent')
    assert list(found.values()) == [
        dict(cat=1, dog=1),
        dict(cat=0, dog=1),
        dict(cat=None, dog=None),
    ]
    write('labels.json', dict(classes=None, labels={'a.jpg': 'cow', 'b': []}))
    assert list(labels_of('labels.json', unknown='absent').values()) == [dict(cow=1), dict(cow=0)]


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(filepath=3), r'samples.json, sample 1: expected a filepath'),
        (dict(ground_truth=one('')), 'sample 1: expected labels with a name'),
        (dict(ground_truth={'_cls': 'Detections'}), 'sample 1: expected labels'),
        (
            dict(second=one('x')),
            r"one field of labels of samples.json: \['ground_truth', 'second'\]",
        ),
    ],
)
def test_bad_samples(write, data, labels_of, change, message):
    write('samples.json', dict(samples=[SAMPLES[0], dict(SAMPLES[1], **change)]))
    with pytest.raises(ValueError, match=message):
        labels_of('samples.json', unknown='absent')


def test_bad_labels(write, data, labels_of):
    write('labels.json', dict(classes=['cat'], labels=dict(a=1)))
    with pytest.raises(ValueError, match=r"labels.json, labels\['a'\]: expected a category or its"):
        labels_of('labels.json', unknown='absent')
    write('samples.json', dict(x=1))
    with pytest.raises(ValueError, match='samples.json .FiftyOneDataset. or labels.json'):
        labels_of('.', unknown='absent')
