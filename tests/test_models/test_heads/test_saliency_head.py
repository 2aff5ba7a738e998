import pytest
import torch
from helpers.passes import START
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from oracles import dense
from oracles.wiring import draw_labels, maximum_deviation

from dsrb_mm.models import SaliencyHead


def naive_logits(head, image_map, top_k=5, weights=(0.5,)):
    """Mean plus weighted mean of the highest locations, over the maps of a category, by loops."""
    kernels = head.conv.weight[:, :, 0, 0]
    logits = []
    for features in image_map:
        for category, bias in enumerate(head.bias):
            pooled = []
            for m, weight in enumerate(weights):
                kernel = kernels[category * len(weights) + m]
                values = [
                    sum(kernel[d] * features[d, row, column] for d in range(len(kernel)))
                    for row in range(features.shape[1])
                    for column in range(features.shape[2])
                ]
                highest = sorted(values, reverse=True)[:top_k]
                pooled.append(sum(values) / len(values) + weight * sum(highest) / len(highest))
            logits.append(sum(pooled) / len(pooled) + bias)
    return torch.stack(logits).view(len(image_map), -1)


@pytest.mark.parametrize(
    ('size', 'options'),
    [
        ((3, 4), {}),
        ((2, 2), {}),  # fewer locations than top_k
        ((1, 1), {}),
        ((3, 3), dict(top_k=1, saliency_weight=2.0)),
        ((3, 3), dict(top_k=9, saliency_weight=0.0)),
        ((3, 4), dict(top_k=2, saliency_weight=[0.5, 2.0])),
        ((2, 2), dict(saliency_weight=(3.0, 0.0, 1.0))),
    ],
    ids=str,
)
def test_logits_and_gradients_agree_with_loops(size, options):
    head = SaliencyHead(3, 4, **options).double()
    torch.nn.init.normal_(head.bias)
    image_map = torch.randn(2, 4, *size, dtype=torch.float64, requires_grad=True)
    logits = head((image_map,))
    weights = options.get('saliency_weight', 0.5)
    weights = weights if isinstance(weights, (list, tuple)) else [weights]
    expected = naive_logits(head, image_map, options.get('top_k', 5), weights)
    assert maximum_deviation(logits, expected) < 1e-12
    parameters = [image_map, *head.parameters()]
    weight = torch.randn_like(logits)
    found = torch.autograd.grad((logits * weight).sum(), parameters)
    wanted = torch.autograd.grad((expected * weight).sum(), parameters)
    for one, two in zip(found, wanted, strict=True):
        assert maximum_deviation(one, two) < 1e-12


def test_scores_have_full_precision_under_autocast():
    head = SaliencyHead(1, 16)
    image_map = torch.randn(4000, 16, 3, 3)
    exact = head((image_map,))
    with torch.autocast('cpu', torch.bfloat16):
        logits = head((image_map,))
    assert logits.dtype == torch.float32
    assert logits.unique().numel() == exact.unique().numel() > 3500
    with torch.autocast('cpu', torch.bfloat16):  # as a backbone under autocast gives it
        logits = head((image_map.bfloat16(),))
    assert logits.dtype == torch.float32 and logits.unique().numel() > 3500


@pytest.mark.parametrize('weight', [0.5, [0.5, 2.0]])
def test_location_is_the_quadrant_of_the_peak(weight):
    head = SaliencyHead(3, 4, saliency_weight=weight)
    image_map = torch.randn(5, 4, 4, 5)
    maps = head.maps((image_map,))
    # The oracle sums the last axis, of the maps of a category.
    expected = dense.quadrants(maps.permute(0, 3, 4, 1, 2))
    assert torch.equal(head.locations((image_map,)), expected)


@pytest.mark.parametrize('weight', [0.5, [0.5, 2.0]])
def test_all_parts_of_dsrb_work_with_it(weight):
    head = SaliencyHead(
        5,
        4,
        saliency_weight=weight,
        complements=[dict(type='InstanceBlending'), dict(type='PrototypeBlending')],
        aux_losses=[dict(type='CategoryContrastiveLoss')],
        bias_init='known_prior',
    )
    image_map, labels = torch.randn(6, 4, 3, 3), draw_labels(6, 5)
    head.see_labels(labels.numpy().astype(int))
    expected = [dense.prior_logit(labels.tolist(), c) for c in range(5)]
    torch.testing.assert_close(head.bias.detach(), torch.tensor(expected))
    samples = [DataSample().set_gt_score(row) for row in labels]
    blending = head.complements['pprb']
    blending.start_pass(START)
    blending.observe(head.observed_batch((image_map,), samples))
    blending.finish_pass()
    for part in head.complements.values():
        part.set_active(True)
    losses = head.loss((image_map,), samples)
    assert {'loss_plain', 'loss_iprb', 'loss_pprb', 'loss_contrastive'} <= losses.keys()
    sum(value for name, value in losses.items() if 'loss' in name).backward()
    assert all(parameter.grad.isfinite().all() for parameter in head.parameters())


@pytest.mark.parametrize('shape', [(2, 4), (2, 3, 2, 2)])
def test_what_is_no_map_of_these_channels_is_refused(shape):
    with pytest.raises(ValueError, match=r'expected a feature map of shape \(B, 4, H, W\)'):
        SaliencyHead(3, 4)((torch.randn(shape),))


@pytest.mark.parametrize(
    'options',
    [
        dict(top_k=0),
        dict(saliency_weight=-1),
        dict(saliency_weight=[0.5, -1]),
        dict(saliency_weight=[]),
        dict(dropout=2),
        dict(in_channels=0),
    ],
)
def test_wrong_numbers_are_named(options):
    with pytest.raises(ValueError, match=next(iter(options))):
        SaliencyHead(**(dict(num_classes=3, in_channels=4) | options))


def test_registered_in_mmpretrain():
    assert isinstance(
        MODELS.build(dict(type='SaliencyHead', num_classes=2, in_channels=3)), SaliencyHead
    )
