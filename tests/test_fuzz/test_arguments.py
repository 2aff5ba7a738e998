"""Wrong constructor arguments: a result or a TypeError or ValueError that names the argument."""

import numpy as np
import pytest
import torch
from helpers.data import write_csv
from helpers.fuzz_outcomes import ANYTHING, damaged, mutated, outcome
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dsrb_mm.datasets import CocoMultiLabel, CSVMultiLabel, PartialLabelDataset
from dsrb_mm.datasets.masks import KnownPerCategory, KnownProportion, LabelFile, SinglePositive
from dsrb_mm.engine.hooks import AttentionPictureHook
from dsrb_mm.evaluation import MultiLabelRecognitionMetric
from dsrb_mm.models import (
    CategoryContrastiveLoss,
    CSRLNeck,
    DSRBHead,
    FrozenBackbone,
    PartialBCELoss,
    PartialLabelLinearHead,
    SaliencyHead,
)
from dsrb_mm.models.complements import InstanceBlending, PrototypeBank, PrototypeBlending
from dsrb_mm.models.layers import (
    CategoryClassifier,
    GatedGraphNetwork,
)
from dsrb_mm.words import load_class_names, load_word_vectors
from dsrb_mm.words.semantic_encoder import average_glove

pytestmark = pytest.mark.filterwarnings('ignore')
shared_folder = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow]
)
LABELS = np.array([[1, 0], [0, 1], [-1, 1]], np.int8)


class Labels:
    """A small dataset, so that the wrapper's options alone can be wrong."""

    metainfo = dict(classes=('a', 'b'))

    def full_init(self):
        pass

    def __len__(self):
        return len(LABELS)

    def label_matrix(self):
        return LABELS

    def get_data_info(self, idx):
        return dict(gt_score=LABELS[idx])


def build_backbone(**kwargs):
    return FrozenBackbone(dict(type='ResNet', depth=18, base_channels=2), **kwargs)


def wrap(**kwargs):
    return PartialLabelDataset(Labels(), **kwargs)


CONSTRUCTORS = [
    (
        CSRLNeck,
        dict(
            in_channels=4,
            num_classes=3,
            word_vectors=None,
            out_channels=4,
            attention_channels=2,
            pool_size=2,
            learned_channels=3,
            compiled=False,
        ),
    ),
    (
        DSRBHead,
        dict(
            num_classes=3,
            in_channels=4,
            hidden_channels=4,
            graph_steps=1,
            loss=dict(type='PartialBCELoss', loss_weight=1.0),
            complements=[dict(type='InstanceBlending'), dict(type='PrototypeBlending')],
            aux_losses=[dict(type='CategoryContrastiveLoss', loss_weight=0.05)],
            bias_init=None,
            diagnostics=False,
            thr=None,
            topk=None,
        ),
    ),
    (
        SaliencyHead,
        dict(num_classes=3, in_channels=4, top_k=5, saliency_weight=0.5, dropout=0.1),
    ),
    (PartialLabelLinearHead, dict(num_classes=3, in_channels=4, dropout=0.1)),
    (
        PartialBCELoss,
        dict(
            normalize='durand',
            alpha=-4.45,
            beta=5.45,
            gamma=1.0,
            pos_weight=[1.0, 2.0],
            reduction='mean',
            loss_weight=1.0,
        ),
    ),
    (CategoryContrastiveLoss, dict(loss_weight=1.0, ramp_epochs=1)),
    (InstanceBlending, dict(alpha=0.5, learnable=True, begin=5, name='x')),
    (
        PrototypeBlending,
        dict(
            beta=0.5,
            learnable=True,
            num_blended=1,
            max_per_location=None,
            begin=5,
            interval=5,
            name='x',
        ),
    ),
    (PrototypeBank, dict(max_per_location=2)),
    (GatedGraphNetwork, dict(num_classes=3, channels=4, steps=2)),
    (CategoryClassifier, dict(num_classes=3, channels=4, hidden_channels=4)),
    (build_backbone, dict(cache_bytes=0)),
    (AttentionPictureHook, dict(out_dir='x', interval=5, max_categories=5)),
    (MultiLabelRecognitionMetric, dict(thr=0.5, topk=3, classwise=False, csv_path=None)),
    (
        wrap,
        dict(
            known=None,
            known_proportion=None,
            unreadable='error',
            lazy_init=False,
        ),
    ),
    (KnownProportion, dict(p=0.5, seed=0)),
    (KnownPerCategory, dict(number=2, seed=0)),
    (SinglePositive, dict(seed=0)),
    (LabelFile, dict(path='labels.csv')),
]


@pytest.mark.parametrize(('constructor', 'good'), CONSTRUCTORS)
@given(data=st.data())
def test_constructors(constructor, good, data):
    changed = data.draw(st.lists(st.sampled_from(list(good)), min_size=1, max_size=2, unique=True))
    kwargs = dict(good)
    for name in changed:
        kwargs[name] = data.draw(st.one_of(ANYTHING, mutated(good[name])), label=name)
    parts = [key for name in changed if isinstance(good[name], dict) for key in good[name]]
    outcome(lambda: constructor(**kwargs), (*changed, *parts))


def test_good_arguments_build():
    for constructor, good in CONSTRUCTORS:
        constructor(**good)


@shared_folder
@given(
    data=st.data(),
    name=st.sampled_from(
        [
            'ann_file', 'data_root', 'data_prefix', 'path_column', 'split_column', 'split',
            'ignore_columns', 'check_images', 'classes', 'indices',
        ]
    ),
)  # fmt: skip
def test_csv_options(tmp_path, data, name):
    if not (tmp_path / 'a.csv').exists():
        write_csv(tmp_path / 'a.csv', LABELS, ['a', 'b'], ['train', 'train', 'val'])
    kwargs = dict(
        ann_file='a.csv',
        data_root=str(tmp_path),
        data_prefix='images',
        split_column='split',
        split='train',
    )
    kwargs[name] = data.draw(ANYTHING, label=name)
    outcome(lambda: CSVMultiLabel(**kwargs), (name, 'a.csv', 'prefix', 'no such CSV'))


@given(kind=ANYTHING)
def test_wrapped_dataset(kind):
    outcome(lambda: PartialLabelDataset(kind), ('dataset', 'type'))
    outcome(lambda: PartialLabelDataset(dict(type=kind)), ('data of', 'type'))


@given(name=st.sampled_from(['ann_file', 'data_root', 'data_prefix', 'classes']), value=ANYTHING)
def test_coco_options(name, value):
    kwargs = {'ann_file': 'none.json', name: value}
    config = dict(type='CocoMultiLabel', **kwargs)
    culprits = (name, 'none.json', 'prefix', str(value)[:20], ascii(value), repr(value))
    outcome(
        lambda: CocoMultiLabel(**kwargs),
        culprits,
    )
    outcome(
        lambda: PartialLabelDataset(config),
        culprits,
    )


NAMES = b'cat\ndog\ngreen grass\n'


@shared_folder
@given(content=damaged(NAMES, (b'\xff', b'\0', b'\xef\xbb\xbf', b'\r', b'cat', b'\n\n', b'\xc3')))
def test_class_names(tmp_path, content):
    file = tmp_path / 'names.txt'
    file.write_bytes(content)
    outcome(lambda: load_class_names(file), ('names.txt',))
    outcome(lambda: CocoMultiLabel('none.json', classes=str(file)), ('names.txt', 'none.json'))


VECTORS = torch.arange(6.0).reshape(2, 3).numpy()


@shared_folder
@given(
    data=st.data(), snippet=st.sampled_from([b'(', b"'", b'99999999999', b'|O', b'<c8', b'True'])
)
def test_word_vectors(tmp_path, data, snippet):
    file = tmp_path / 'vectors.npy'
    np.save(file, VECTORS)
    file.write_bytes(data.draw(damaged(file.read_bytes(), (snippet, b'\xff', b'PK\x03\x04'))))
    result = outcome(lambda: load_word_vectors(file, 2), ('vectors.npy',))
    assert isinstance(result, Exception) or result.shape[0] == 2


GLOVE = b'cat 1 2 3\ndog 0.5 -1 2e3\ngreen 1 1 1\ngrass 2 2 2\n'


@shared_folder
@given(content=damaged(GLOVE, (b'nan', b'inf', b'\xff', b'\0', b'1e999', b'  ', b'\n', b'cat 1\n')))
def test_glove_text(tmp_path, content):
    file = tmp_path / 'glove.txt'
    file.write_bytes(content)
    result = outcome(lambda: average_glove(['cat', 'dog', 'green grass'], file), ('glove.txt',))
    assert isinstance(result, Exception) or np.isfinite(result).all()
