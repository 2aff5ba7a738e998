import pytest
from mmengine.config import Config

from dsrb_mm.sweep import KnownLabels
from dsrb_mm.sweep.known_labels import parse_options


@pytest.mark.parametrize(
    ('text', 'config', 'name', 'folder'),
    [
        ('SinglePositive', {}, 'SinglePositive', 'SinglePositive'),
        ('KnownProportion:p=0.1', dict(p=0.1), '10 %', 'p10'),
        ('KnownProportion:p=.125', dict(p=0.125), '12.5 %', 'p12.5'),
        (
            'KnownProportion:p=0.1,seed=3',
            dict(p=0.1, seed=3),
            'KnownProportion p=0.1 seed=3',
            'KnownProportion-p=0.1-seed=3',
        ),
        (
            'LabelFile:path=data/a:1.csv',
            dict(path='data/a:1.csv'),
            'LabelFile path=data/a:1.csv',
            'LabelFile-path=data_a_1.csv',
        ),
    ],
)
def test_syntax(text, config, name, folder):
    known = KnownLabels.parse(text)
    assert known.config == dict(type=text.partition(':')[0], **config)
    assert (known.name, known.folder) == (name, folder)


@pytest.mark.parametrize(
    'text',
    [
        '',
        ':p=1',
        'A:',
        'A:p',
        'A:p=',
        'A:p=1,',
        'A:p=1,q',
        'A p=1',
        'A:p=[1]',
        'A:p=1;q=2 3',
        'A:=1',
        'A:type=B',
    ],
)
def test_not_the_syntax(text):
    with pytest.raises(ValueError, match='MASK:key=value'):
        KnownLabels.parse(text)


def test_the_short_form_is_the_same():
    short, long = KnownLabels.of_proportion(0.1), KnownLabels.parse('KnownProportion:p=0.1')
    assert short == long and short.proportion == 0.1
    assert KnownLabels.parse('KnownProportion:p=0.1,seed=3').proportion is None


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('NoSuchMask', 'mask NoSuchMask: .*registered'),
        ('KnownPerCategory:number=0', 'number .*at least 1'),
        ('KnownPerCategory:numbr=3', 'numbr'),
        ('KnownProportion:p=high', 'known_proportion .*to be a number'),
    ],
)
def test_wrong_masks(text, message):
    with pytest.raises(ValueError, match=message):
        KnownLabels.parse(text).check()


@pytest.mark.parametrize(
    'text', ['SinglePositive', 'KnownPerCategory:number=20', 'KnownProportion:p=0.3']
)
@pytest.mark.parametrize(
    'own',
    [
        {},
        dict(known_proportion=0.5),
        dict(known=None),
        dict(known=dict(type='LabelFile', path='a')),
    ],
)
def test_options_take_the_place_of_what_the_config_has(text, own):
    cfg = Config(dict(train_dataloader=dict(dataset=dict(type='PartialLabelDataset', **own))))
    known = KnownLabels.parse(text)
    cfg.merge_from_dict(parse_options(known.options(replace='known' in own)))
    dataset = cfg.train_dataloader.dataset
    if known.proportion is None:
        assert dataset.known == known.config and dataset.known_proportion is None
    else:
        assert dataset.get('known') is None and dataset.known_proportion == 0.3
