import numpy as np
import pytest
import torch
from mmengine.dataset import default_collate, pseudo_collate
from mmpretrain.datasets.transforms import MultiView
from mmpretrain.registry import MODELS, TRANSFORMS
from torch.utils.data import DataLoader

from dsrb_mm.models import ViewsDataPreprocessor

MEAN, STD = [100.0, 50.0, 10.0], [2.0, 4.0, 5.0]
WEAK = [dict(type='Resize', scale=(16, 16))]
STRONG = [dict(type='Resize', scale=(16, 16)), dict(type='RandomFlip', prob=1.0)]


class Images(torch.utils.data.Dataset):
    """Random images with three labels each, through a pipeline."""

    def __init__(self, *steps):
        self.steps = [TRANSFORMS.build(step) for step in steps]

    def __len__(self):
        return 5

    def __getitem__(self, idx):
        image = np.random.default_rng(idx).integers(0, 255, (20, 30, 3), np.uint8)
        score = np.array([idx % 2, -1, 1], np.float32)
        sample = dict(img=image, gt_score=score, sample_idx=idx)
        for step in self.steps:
            sample = step(sample)
        return sample


def views_of(*lists):
    return dict(type='MultiView', num_views=[1] * len(lists), transforms=list(lists))


def batches(*steps, collate_fn=default_collate):
    dataset = Images(*steps, dict(type='PackInputs'))
    return list(DataLoader(dataset, batch_size=2, collate_fn=collate_fn, num_workers=1))


def build(**kwargs):
    return ViewsDataPreprocessor(mean=MEAN, std=STD, to_rgb=True, num_classes=3, **kwargs)


def normalized(image):
    """(H, W, 3) in BGR -> (3, H, W)."""
    image = torch.from_numpy(np.ascontiguousarray(image[..., ::-1])).float()
    return ((image - torch.tensor(MEAN)) / torch.tensor(STD)).permute(2, 0, 1)


def expected_views(idx):
    sample = Images()[idx]
    weak = TRANSFORMS.build(WEAK[0])(sample)['img']
    return normalized(weak), normalized(weak[:, ::-1])


@pytest.mark.parametrize('collate_fn', [default_collate, pseudo_collate])
def test_first_views_come_before_second_ones(collate_fn):
    assert isinstance(TRANSFORMS.build(views_of(WEAK, STRONG)), MultiView)
    seen = []
    for batch in batches(views_of(WEAK, STRONG), collate_fn=collate_fn):
        result = build()(batch, training=True)
        number = len(result['data_samples'])
        assert result['inputs'].shape == (2 * number, 3, 16, 16)
        for place, sample in enumerate(result['data_samples']):
            index = sample.sample_idx
            weak, strong = expected_views(index)
            torch.testing.assert_close(result['inputs'][place], weak)
            torch.testing.assert_close(result['inputs'][number + place], strong)
            assert sample.gt_score.tolist() == [index % 2, -1, 1]
            seen.append(index)
    assert seen == [0, 1, 2, 3, 4]


@pytest.mark.parametrize('collate_fn', [default_collate, pseudo_collate])
def test_a_pass_over_the_training_set_sees_the_first_views(collate_fn):
    (batch, *_) = batches(views_of(WEAK, STRONG), collate_fn=collate_fn)
    result = build()(batch)
    assert result['inputs'].shape == (2, 3, 16, 16)
    for index, image in enumerate(result['inputs']):
        torch.testing.assert_close(image, expected_views(index)[0])


@pytest.mark.parametrize('collate_fn', [default_collate, pseudo_collate])
def test_validation_is_as_with_mmpretrains_preprocessor(collate_fn):
    plain = MODELS.build(dict(type='ClsDataPreprocessor', mean=MEAN, std=STD, to_rgb=True))
    for one, other in zip(
        batches(*WEAK, collate_fn=collate_fn), batches(*WEAK, collate_fn=collate_fn), strict=True
    ):
        assert torch.equal(build()(one)['inputs'], plain(other)['inputs'])


def test_training_without_a_second_view():
    for steps in (WEAK, [views_of(WEAK)]):
        (batch, *_) = batches(*steps)
        with pytest.raises(ValueError, match='expected two views of every image, but got'):
            build()(batch, training=True)


def test_three_views():
    (batch, *_) = batches(views_of(WEAK, STRONG, WEAK))
    with pytest.raises(ValueError, match='expected two views of every image, but got 3'):
        build()(batch, training=True)
