"""What must hold for any label matrix and batch."""

import pytest
import torch
from helpers.inference import inference_config
from hypothesis import given, settings
from hypothesis import strategies as st
from mmpretrain import get_model
from mmpretrain.structures import DataSample
from oracles.wiring import build_head, build_neck, draw_labels, without_shortcut

from dsrb_mm.evaluation import MultiLabelRecognitionMetric

VALUES = st.sampled_from([(1, 0, -1), (1, 0, -1, -1, -1), (1, -1), (0, -1), (-1,), (1, 0)])
SEEDS = st.integers(0, 10_000)
SIZES = st.tuples(st.integers(1, 5), st.integers(1, 6))


def samples(labels):
    return [DataSample().set_gt_score(row) for row in labels.float()]


def fill(head, num_classes, seed):
    bank = head.complements.pprb.bank
    bank.reset()
    bank.update(
        torch.randn(8, num_classes, 6),
        draw_labels(8, num_classes, seed, (1, 0, -1)),
        torch.randint(4, (8, num_classes)),
    )
    bank.finish()


@given(SEEDS, SIZES, VALUES, st.booleans())
def test_logits_no_label_is_known_for_get_exactly_zero_gradient(seed, sizes, values, complete):
    """Of all three predictions: the known labels, and what was blended, decide alone."""
    batch, num_classes = sizes
    torch.manual_seed(seed)
    neck, head = build_neck(num_classes), build_head(num_classes)
    fill(head, num_classes, seed)
    if complete:
        without_shortcut(head)
    seen = []
    head.loss_module.register_forward_pre_hook(lambda _, inputs: seen.append(inputs))
    losses = head.loss(
        neck((torch.randn(batch, 6, 2, 3),)), samples(draw_labels(batch, num_classes, seed, values))
    )
    assert len(seen) == 3
    for name, (logits, target) in zip(('plain', 'iprb', 'pprb'), seen, strict=True):
        (gradient,) = torch.autograd.grad(losses[f'loss_{name}'], logits, retain_graph=True)
        assert bool((gradient[target == -1] == 0).all())
        assert bool(gradient.isfinite().all())


@given(SEEDS, SIZES, VALUES)
def test_alpha_and_beta_of_one_equal_no_blending(seed, sizes, values):
    batch, num_classes = sizes
    torch.manual_seed(seed)
    neck = build_neck(num_classes).double()
    blends = dict(iprb=dict(alpha=1.0), pprb=dict(beta=1.0, num_blended=3))
    head = build_head(num_classes, contrastive=None, **blends).double()
    fill(head, num_classes, seed)
    image_map = torch.randn(batch, 6, 2, 3, dtype=torch.float64, requires_grad=True)
    labels = draw_labels(batch, num_classes, seed, values)
    losses = head.loss(neck((image_map,)), samples(labels))

    own = [losses['loss_plain'], _gradient(losses['loss_plain'], image_map)]
    for name in ('iprb', 'pprb'):
        found = losses[f'loss_{name}']
        torch.testing.assert_close([found, _gradient(found, image_map)], own)


def _gradient(loss, inputs):
    return torch.autograd.grad(loss, inputs, retain_graph=True)[0]


@given(SEEDS, st.permutations(range(5)))
@settings(max_examples=8)
def test_order_and_size_of_batches_do_not_change_evaluation(model, seed, order):
    generator = torch.Generator().manual_seed(seed)
    images = torch.randint(0, 255, (5, 3, 64, 64), generator=generator).float()
    labels = draw_labels(5, 4, seed, (1, 0, 0, -1))
    labels[:2, :] = torch.tensor([[1.0], [0.0]])

    def evaluate(batches):
        results = []
        for rows in batches:
            data = dict(inputs=images[rows], data_samples=samples(labels[rows]))
            results += model.test_step(data)
        return torch.stack([result.pred_score for result in results]).detach()

    together = evaluate([list(range(5))])
    for batches in ([[i] for i in order], [order], [order[:2], order[2:]]):
        scores = evaluate(batches)
        torch.testing.assert_close(scores, together[list(order)], rtol=1e-4, atol=1e-6)
    first = MultiLabelRecognitionMetric.calculate(together.numpy(), labels.numpy()).summary
    second = MultiLabelRecognitionMetric.calculate(
        together[list(order)].numpy(), labels[list(order)].numpy()
    ).summary
    assert first == pytest.approx(second, nan_ok=True)


@pytest.fixture(scope='module')
def model():
    torch.manual_seed(0)
    model = get_model(inference_config(), pretrained=False).eval()
    model.head.graph.set_adjacency(torch.rand(4, 4))
    return model
