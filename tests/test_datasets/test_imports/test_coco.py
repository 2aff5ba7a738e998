import pytest

JSON = dict(
    images=[dict(id=7, file_name='b.jpg', width=4, height=4), dict(id=3, file_name='a.jpg')],
    annotations=[dict(id=1, image_id=7, category_id=2, bbox=[0, 0, 1, 1], iscrowd=0, area=1)],
    categories=[dict(id=2, name='dog', supercategory='animal'), dict(id=1, name='cat')],
)


@pytest.mark.parametrize('name', ['x.json', 'images/x.json', 'annotations/instances_x.json'])
def test_instances(write, labels_of, name):
    found = labels_of(write(name, JSON), unknown='absent')
    assert found == {'a': dict(cat=0, dog=0), 'b': dict(cat=0, dog=1)}
    assert labels_of(name, unknown='unlisted')['b'] == dict(cat=None, dog=1)


@pytest.mark.parametrize(
    ('change', 'message'),
    [
        (dict(annotations=[dict(image_id=9, category_id=2)]), r'x.json: annotations\[0\] names an'),
        (dict(images=[dict(id=1)]), r'expected images\[0\] of x.json'),
        (dict(categories=None), 'x.json .* a list of categories'),
    ],
)
def test_bad_files(write, labels_of, change, message):
    with pytest.raises(ValueError, match=message):
        labels_of(write('x.json', dict(JSON, **change)), unknown='absent')
