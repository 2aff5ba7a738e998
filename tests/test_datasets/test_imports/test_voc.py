import pytest

from dsrb_mm.datasets.imports import import_labels


def xml(*objects):
    text = ''.join(
        f'<object><name>{name}</name><difficult>{difficult}</difficult>'
        '<part><name>head</name></part></object>'
        for name, difficult in objects
    )
    return f'<annotation><filename>other.png</filename>{text}</annotation>'


@pytest.fixture
def voc(folder, write):
    (folder / 'VOC/JPEGImages').mkdir(parents=True)
    for name in ('a.jpg', 'b.JPG', 'c.jpg', 'd.png'):
        (folder / 'VOC/JPEGImages' / name).write_bytes(name.encode())
    write('VOC/Annotations/a.xml', xml(('dog', 0), ('dog', 1), ('cat', 1)))
    write('VOC/Annotations/b.xml', xml())
    write('VOC/Annotations/c.xml', xml(('cat', 0)))
    write('VOC/Annotations/d.xml', '<annotation><object><name>dog</name></object></annotation>')
    return folder / 'VOC'


def by_name(found):
    return {name.split('/')[-1][0]: labels for name, labels in found.items()}


def test_objects_are_present_and_difficult_ones_unknown(voc, labels_of):
    found = by_name(labels_of('VOC', unknown='absent'))
    assert found == {
        'a': dict(cat=None, dog=1),
        'b': dict(cat=0, dog=0),
        'c': dict(cat=1, dog=0),
        'd': dict(cat=0, dog=1),
    }
    report = import_labels('VOC', 'x.csv', unknown='unlisted', val=0)
    assert report.format == 'voc' and report.splits == dict(train=4)
    assert '1 labels are unknown: annotators' in str(report)


def test_lists_give_images_and_splits(voc, write):
    write('VOC/ImageSets/Main/trainval.txt', 'a\nc\n')
    write('VOC/ImageSets/Main/val.txt', 'c  1\n')
    write('VOC/ImageSets/Main/test.txt', 'b\n')
    report = import_labels('VOC', 'labels.csv', unknown='absent')
    assert report.splits == dict(train=1, val=1, test=1) and len(report.counts) == 2
    write('VOC/ImageSets/Main/train.txt', 'c\nd\n')
    report = import_labels('VOC', 'labels.csv', unknown='absent', val=0, overwrite=True)
    assert report.splits == dict(train=2, test=1) and '1 images are in several splits' in str(
        report
    )


@pytest.mark.parametrize(
    ('file', 'text', 'error', 'message'),
    [
        ('Annotations/a.xml', '<annotation>', ValueError, 'a.xml to be an XML file of VOC'),
        ('Annotations/a.xml', xml(('', 0)), ValueError, 'a.xml: expected each <object> to have'),
        ('ImageSets/Main/train.txt', '../a\n', ValueError, "names of images, but got '../a'"),
        ('ImageSets/Main/train.txt', 'z\n', FileNotFoundError, 'z.xml, the annotation of a listed'),
    ],
)
def test_bad_folders(voc, write, labels_of, file, text, error, message):
    write(f'VOC/{file}', text)
    with pytest.raises(error, match=message):
        labels_of('VOC', unknown='absent')


def test_what_is_no_folder_of_categories(voc, folder, labels_of):
    with pytest.raises(ValueError, match='name one of .*VOC'):
        labels_of('.', unknown='absent')
    for file in (voc / 'Annotations').iterdir():
        file.unlink()
    with pytest.raises(ValueError, match='to hold .xml files, but got none'):
        labels_of('VOC', unknown='absent')
