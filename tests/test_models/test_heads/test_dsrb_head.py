import numpy as np
import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from mmengine.runner.checkpoint import load_state_dict
from mmpretrain.registry import MODELS
from mmpretrain.structures import DataSample
from oracles import dense
from oracles.wiring import (
    Randomness,
    build_head,
    build_neck,
    complement_of,
    draw_labels,
    maximum_deviation,
    oracle_parameters,
    without_shortcut,
)
from torch.nn import functional as F

from dsrb_mm.models import CategoryBatch, DSRBHead, PartialLabelLoss, TrainingProgress
from dsrb_mm.models.necks import CategoryFeatures

PARTS = {
    'plain': dict(iprb=None, pprb=None, contrastive=None),
    'iprb': dict(pprb=None, contrastive=None),
    'pprb': dict(iprb=None, contrastive=None),
    'contrastive': dict(iprb=None, pprb=None),
    'everything': {},
    'fixed': dict(iprb=dict(alpha=0.25, learnable=False), pprb=dict(beta=0.75, learnable=False)),
}


def samples(labels):
    return [DataSample().set_gt_score(row) for row in labels.float()]


def total(losses):
    return sum(value for name, value in losses.items() if 'loss' in name)


def fill_bank(head, num_classes, channels, size=(3, 4), seed=7):
    """Collect prototypes from random attended maps; returns them as the oracle keeps them."""
    generator = torch.Generator().manual_seed(seed)
    maps = torch.randn(16, *size, num_classes, channels, generator=generator).double()
    labels = draw_labels(16, num_classes, seed, (1, 0, -1))
    if 'pprb' in head.complements:
        head.complements.pprb.bank.reset()
        head.complements.pprb.bank.update(maps.sum((1, 2)), labels, dense.quadrants(maps))
        head.complements.pprb.bank.finish()
    return dense.prototypes([(maps, labels.tolist())])


def run_step(neck, head, image_map, labels):
    """One step with its random choices recorded, and its gradients."""
    randomness = Randomness()
    with pytest.MonkeyPatch.context() as patch:
        randomness.install(patch, complement_of(head, 'pprb'))
        losses = head.loss(neck((image_map,)), samples(labels))
    total(losses).backward()
    return losses, randomness


@pytest.mark.parametrize(
    ('dtype', 'tolerance'), [(torch.float64, 1e-10), (torch.float32, 1e-6)], ids=str
)
@pytest.mark.parametrize('part', PARTS)
@pytest.mark.parametrize('batch', [2, 5])
def test_step_of_neck_and_head_agrees_with_the_dense_reference(part, batch, dtype, tolerance):
    neck = build_neck(in_channels=9).to(dtype)
    head = build_head(**PARTS[part])
    prototypes = fill_bank(head.double(), 5, 6)
    head = head.to(dtype)
    if dtype == torch.float32 and 'pprb' in head.complements:  # what the head stores is what counts
        prototypes = [
            None
            if maps is None
            else [
                m + ((p.double() - m.sum((0, 1))) / 12) for m, p in zip(maps, stored, strict=True)
            ]
            for maps, stored in zip(prototypes, head.complements.pprb.bank.prototypes, strict=True)
        ]
    labels = draw_labels(batch, 5, seed=batch)
    assert ((labels == -1) & (labels.flip(0) == 1)).any()
    image_map = torch.randn(batch, 9, 3, 4, dtype=dtype, requires_grad=True)
    leaves, params = oracle_parameters(neck, head)
    losses, randomness = run_step(neck, head, image_map, labels)

    # The oracle, part by part.
    reference = image_map.detach().double().requires_grad_()
    _, maps = dense.attended_maps(dense.project(reference, params, True), params)
    adjacency = head.graph.adjacency.double()

    def classify(semantic):
        return dense.classify(semantic, adjacency, params, 3)

    expected = {'loss_plain': dense.partial_bce(classify(maps.sum((1, 2))), labels.tolist())}
    if 'iprb' in head.complements:
        mixed, soft = dense.blend_instances(maps, labels.tolist(), params['alpha'])
        expected['loss_iprb'] = dense.partial_bce(classify(mixed), soft)
    if 'pprb' in head.complements:
        choices = randomness.chosen()
        assert choices
        own = dense.quadrants(maps)
        assert all(own[n, c] != q for (n, c), q in choices.items())
        mixed, soft = dense.blend_prototypes(
            maps, labels.tolist(), params['beta'], prototypes, choices
        )
        expected['loss_pprb'] = dense.partial_bce(classify(mixed), soft)
    if head.aux_losses:
        shuffled = randomness.shuffled(batch, 5)
        contrastive = dense.contrastive(maps.sum((1, 2)), labels.tolist(), shuffled)
        expected['loss_contrastive'] = 0.05 * contrastive
    sum(expected.values()).backward()

    assert {name for name in losses if 'loss' in name} == set(expected)
    for name, value in expected.items():
        assert maximum_deviation(losses[name], value) < tolerance, name
    # In float32 the dense form itself is up to 1.3e-6 off in the gradients.
    gradient_tolerance = max(tolerance, 2e-6) if dtype == torch.float32 else tolerance
    assert maximum_deviation(image_map.grad, reference.grad) < gradient_tolerance
    named = [('neck.' + k, p) for k, p in neck.named_parameters()]
    named += [('head.' + k, p) for k, p in head.named_parameters()]
    for name, parameter in named:
        wanted = leaves[name].grad
        if name in ('neck.joint.bias', 'neck.score.bias'):
            assert not parameter.grad.any()
            assert wanted.abs().max() < 1e-12
        elif not parameter.requires_grad:
            assert parameter.grad is None
        else:
            assert maximum_deviation(parameter.grad, wanted) < gradient_tolerance, name
    with torch.no_grad():
        features = torch.randn(batch, 5, 6, dtype=dtype)
        assert maximum_deviation(head((features,)), classify(features.double())) < tolerance


def test_blending_weight_that_float32_cannot_represent_in_float64():
    """As above with alpha = 0.3: soft targets have to keep the precision of the model."""
    neck = build_neck().double()
    head = build_head(iprb={}, pprb=None, contrastive=None).double()
    head.complements.iprb.blending_weight.value.data.fill_(0.3)
    labels = draw_labels(4, 5)
    image_map = torch.randn(4, 6, 3, 3, dtype=torch.float64)
    _, params = oracle_parameters(neck, head)
    losses, _ = run_step(neck, head, image_map, labels)
    _, maps = dense.attended_maps(image_map, params)
    mixed, soft = dense.blend_instances(maps, labels.tolist(), params['alpha'])
    logits = dense.classify(mixed, head.graph.adjacency, params, 3)
    assert maximum_deviation(losses['loss_iprb'], dense.partial_bce(logits, soft)) < 1e-10


def test_losses_of_two_batches_before_one_backward():
    neck, head = build_neck(), build_head()
    fill_bank(head, 5, 6)
    losses = [
        total(head.loss(neck((torch.randn(3, 6, 3, 4),)), samples(draw_labels(3, 5, seed))))
        for seed in (0, 1)
    ]
    sum(losses).backward()
    assert head.complements.iprb.blending_weight.value.grad is not None


def test_blending_is_off_until_it_is_switched_on():
    neck, head = build_neck(), build_head()
    fill_bank(head, 5, 6)
    labels, feats = draw_labels(3, 5), neck((torch.randn(3, 6, 3, 4),))
    for complement in head.complements.values():
        complement.set_active(False)
    off = head.loss(feats, samples(labels))
    assert set(off) == {'loss_plain', 'loss_contrastive'}
    for complement in head.complements.values():
        complement.set_active(True)
    on = head.loss(feats, samples(labels))
    assert set(on) == set(off) | {
        'loss_iprb',
        'loss_pprb',
        'alpha',
        'beta',
        'iprb_changed',
        'pprb_changed',
    }
    torch.testing.assert_close(on['loss_plain'], off['loss_plain'])
    number = int(((labels == -1) & (labels.flip(0) == 1)).sum())
    assert on['iprb_changed'].item() == pytest.approx(number / 3)


def test_a_freshly_built_head_does_not_blend():
    parts = [dict(type='InstanceBlending'), dict(type='PrototypeBlending')]
    head = DSRBHead(2, 3, 4, complements=parts)
    assert not any(complement.is_active for complement in head.complements.values())


def test_the_state_of_the_schedule_is_in_the_checkpoint():
    head, other = build_head(), build_head()
    fill_bank(head, 5, 6)
    head.aux_losses.contrastive.advance(TrainingProgress(1, 4, 8))
    other.complements.iprb.set_active(False)
    other.load_state_dict(head.state_dict())
    assert other.complements.iprb.is_active
    assert torch.equal(
        other.complements.pprb.bank.prototypes, head.complements.pprb.bank.prototypes
    )
    assert other.aux_losses.contrastive.ramp == 0.25


def test_ramp_scales_the_contrastive_loss():
    neck, head = build_neck(), build_head(iprb=None, pprb=None)
    labels = draw_labels(4, 5, values=(0, 0, -1))
    feats = neck((torch.randn(4, 6, 3, 4),))
    full = head.loss(feats, samples(labels))['loss_contrastive']
    head.aux_losses.contrastive.ramp.fill_(0.25)
    torch.testing.assert_close(head.loss(feats, samples(labels))['loss_contrastive'], full / 4)


def test_alpha_and_beta_of_one_give_the_plain_loss():
    neck = build_neck()
    head = build_head(iprb=dict(alpha=1.0), pprb=dict(beta=1.0, num_blended=5))
    fill_bank(head, 5, 6)
    labels = draw_labels(4, 5)
    losses = head.loss(neck((torch.randn(4, 6, 3, 4),)), samples(labels))
    assert losses['iprb_changed'] > 0
    assert losses['pprb_changed'] > 0
    torch.testing.assert_close(losses['loss_iprb'], losses['loss_plain'])
    torch.testing.assert_close(losses['loss_pprb'], losses['loss_plain'])


@given(st.integers(0, 1000))
def test_permuting_categories_permutes_logits_and_keeps_losses(seed):
    generator = torch.Generator().manual_seed(seed)
    neck, head = build_neck().double(), build_head(pprb=dict(beta=0.5, num_blended=5)).double()
    fill_bank(head, 5, 6)
    # Whatever is drawn, every candidate is blended, and all quadrants hold the same.
    head.complements.pprb.bank.prototypes.copy_(
        head.complements.pprb.bank.prototypes.mean(1, keepdim=True)
    )
    labels = draw_labels(3, 5, seed, (1, 0, -1))
    head.aux_losses.clear()
    image_map = torch.randn(3, 6, 3, 4, generator=generator).double()
    order = torch.randperm(5, generator=generator)
    first_logits, first = head(neck((image_map,))), head.loss(neck((image_map,)), samples(labels))
    with torch.no_grad():
        for tensor in (
            neck.word_vectors,
            head.classifier.weight,
            head.classifier.bias,
            head.complements.pprb.bank.prototypes,
            head.complements.pprb.bank.counts,
        ):
            tensor.copy_(tensor[order].clone())
        head.graph.adjacency.copy_(head.graph.adjacency[order][:, order].clone())
    torch.testing.assert_close(head(neck((image_map,))), first_logits[:, order])
    second = head.loss(neck((image_map,)), samples(labels[:, order]))
    assert set(second) == set(first)
    for name in first:
        torch.testing.assert_close(second[name], first[name])


def test_unknown_logits_get_exactly_zero_gradient():
    head = build_head(iprb=None, pprb=None, contrastive=None)
    semantic, labels = torch.randn(3, 5, 6, requires_grad=True), draw_labels(3, 5)
    seen = []
    head.loss_module.register_forward_hook(lambda _, inputs, output: seen.append(inputs[0]))
    feats = CategoryFeatures(torch.ones(3, 5, 1, 1), torch.zeros(3, 5).long(), semantic)
    loss = head.loss(feats, samples(labels))['loss_plain']
    (gradient,) = torch.autograd.grad(loss, seen[-1])
    assert bool((gradient[labels == -1] == 0).all())
    assert bool((gradient[labels != -1] != 0).all())


def run_both_ways(head, image_map, labels, neck, shortcut):
    """Losses and gradients of a step, with or without leaving out what no loss reads."""
    if not shortcut:
        without_shortcut(head)
    torch.manual_seed(3)
    losses, _ = run_step(neck, head, image_map, labels)
    named = [*neck.named_parameters(), *head.named_parameters(), ('map', image_map)]
    gradients = {name: p.grad for name, p in named if p.grad is not None}
    for _, parameter in named:
        parameter.grad = None
    return losses, gradients


@pytest.mark.parametrize('graph_steps', [0, 1, 2, 3])
@pytest.mark.parametrize('values', [(1, 0, -1, -1, -1, -1), (1, 1, 0, -1), (1, 0), (-1,)], ids=str)
def test_shortcuts_change_neither_losses_nor_gradients(values, graph_steps):
    neck = build_neck(7).double()
    head = build_head(7, graph_steps=graph_steps).double()
    fill_bank(head, 7, 6)
    labels = draw_labels(4, 7, values=values)
    image_map = torch.randn(4, 6, 3, 4, dtype=torch.float64, requires_grad=True)
    losses, gradients = run_both_ways(head, image_map, labels, neck, shortcut=False)
    del head.classify_variants
    other_losses, other_gradients = run_both_ways(head, image_map, labels, neck, shortcut=True)
    for name, value in losses.items():
        torch.testing.assert_close(other_losses[name], value, atol=1e-13, rtol=1e-12)
    assert set(other_gradients) == set(gradients)
    for name, gradient in gradients.items():
        assert (other_gradients[name] - gradient).abs().max() < 1e-13, name


def test_shortcuts_are_left_out_for_second_views():
    labels, features = draw_labels(4, 7), torch.randn(8, 7, 6, dtype=torch.float64)
    pseudo = dict(type='PseudoLabels', threshold=0.501, second_view=True)
    head = DSRBHead(7, 6, 8, complements=[pseudo]).double()
    head.graph.set_adjacency(torch.rand(7, 7))
    head.complements['pseudo'].set_active(True)
    losses = head.loss((features,), samples(labels))
    first, second = head.classify(features).split(4)
    probability, unknown = first.sigmoid(), labels == -1
    sure = unknown & ((probability - 0.5).abs() >= 0.001)
    target = (probability >= 0.5).to(second)
    expected = F.binary_cross_entropy_with_logits(second, target, reduction='none')[sure].mean()
    torch.testing.assert_close(losses['loss_pseudo'], expected)


def test_losses_under_autocast_stay_in_float32_and_close():
    neck, head, labels = build_neck(), build_head(), draw_labels(4, 5)
    fill_bank(head, 5, 6)
    image_map = torch.randn(4, 6, 3, 4)
    results = []
    for enabled in (False, True):
        torch.manual_seed(0)
        with torch.autocast('cpu', torch.bfloat16, enabled=enabled):
            results.append(head.loss(neck((image_map,)), samples(labels)))
        total(results[-1]).backward()
    for name, value in results[0].items():
        assert results[1][name].dtype == torch.float32
        torch.testing.assert_close(results[1][name], value, atol=0.02, rtol=0.02)
    assert all(p.grad.isfinite().all() for p in head.parameters())


class SquaredError(PartialLabelLoss):
    """A loss that pulls every logit, known or not, towards 0."""

    reads_unknown = True

    def entry_losses(self, logits, target):
        return logits**2


def test_a_loss_that_reads_unknown_entries_sees_every_logit():
    head = build_head(contrastive=None)
    head.loss_module = SquaredError()
    fill_bank(head, 5, 6)
    semantic, labels = torch.randn(3, 5, 6), draw_labels(3, 5)
    feats = CategoryFeatures(torch.ones(3, 5, 1, 1), torch.zeros(3, 5).long(), semantic)
    losses = head.loss(feats, samples(labels))
    torch.testing.assert_close(losses['loss_plain'], (head.classify(semantic) ** 2).mean())


@pytest.mark.parametrize('loss', ['CrossEntropyLoss', 'AsymmetricLoss', 'FocalLoss'])
def test_a_loss_that_takes_unknown_labels_for_targets_is_refused(loss):
    with pytest.raises(TypeError, match=f'{loss} reads unknown labels .* Use PartialBCELoss'):
        DSRBHead(2, 3, 4, loss=dict(type=loss))


EDGES = {
    'batch of one': (1, 5, (3, 4), (1, 0, -1)),
    'no known label': (3, 5, (3, 4), (-1,)),
    'no unknown label': (3, 5, (3, 4), (1, 0)),
    'all positive': (3, 5, (3, 4), (1,)),
    'all negative': (3, 5, (3, 4), (0,)),
    'no known positive': (3, 5, (3, 4), (0, -1)),
    'one category': (3, 1, (3, 4), (1, 0, -1)),
    'one location': (3, 5, (1, 1), (1, 0, -1)),
    'one of everything': (1, 1, (1, 1), (-1,)),
    'odd map': (3, 5, (5, 3), (1, 0, -1)),
    'a row': (2, 5, (1, 7), (1, 0, -1)),
}


@pytest.mark.parametrize('bank', ['filled', 'empty'])
@pytest.mark.parametrize('edge', EDGES)
def test_losses_and_gradients_are_finite_at_the_edges(edge, bank):
    batch, num_classes, size, values = EDGES[edge]
    neck, head = build_neck(num_classes), build_head(num_classes, diagnostics=True)
    if bank == 'filled':
        fill_bank(head, num_classes, 6)
        head.complements.pprb.bank.counts[0] = 0  # as for a category without known positives
        head.complements.pprb.bank.prototypes[0] = 0
    image_map = torch.randn(batch, 6, *size, requires_grad=True)
    losses = head.loss(neck((image_map,)), samples(draw_labels(batch, num_classes, 1, values)))
    total(losses).backward()
    assert all(value.isfinite() for value in losses.values())
    assert bool(image_map.grad.isfinite().all())
    for name, parameter in [*neck.named_parameters(), *head.named_parameters()]:
        assert parameter.grad is None or bool(parameter.grad.isfinite().all()), name


def test_gradients_reach_alpha_and_beta_through_features_and_targets():
    """Each path alone changes the gradient, which the oracle's sum of both matches above."""
    head = build_head(iprb=dict(alpha=0.5), pprb=None, contrastive=None)
    semantic = torch.randn(2, 5, 6)
    labels = torch.tensor([[-1.0, 1, 0, -1, 1], [1, 0, -1, 1, 0]])
    weight = head.complements.iprb.blending_weight.value
    copy = head.complements.iprb(CategoryBatch(semantic, labels))
    soft, logits = copy.target, head.classify(copy.features)

    def gradient(some_logits, some_target):
        loss = head.loss_module(some_logits, some_target)
        return torch.autograd.grad(loss, weight, retain_graph=True)[0]

    through_features, through_targets = (
        gradient(logits, soft.detach()),
        gradient(logits.detach(), soft),
    )
    assert through_features != 0
    assert through_targets != 0
    torch.testing.assert_close(gradient(logits, soft), through_features + through_targets)


def test_alpha_and_beta_stay_in_the_unit_interval_under_large_steps():
    neck, head = build_neck(), build_head()
    fill_bank(head, 5, 6)
    optimiser = torch.optim.SGD([*neck.parameters(), *head.parameters()], lr=20.0)
    for step in range(6):
        optimiser.zero_grad()
        losses = head.loss(neck((torch.randn(4, 6, 3, 4),)), samples(draw_labels(4, 5, step)))
        assert 0 <= losses['alpha'] <= 1
        assert 0 <= losses['beta'] <= 1
        total(losses).backward()
        optimiser.step()


def test_never_more_than_k_per_image():
    neck, head = build_neck(), build_head(pprb=dict(num_blended=1))
    fill_bank(head, 5, 6)
    losses = head.loss(neck((torch.randn(4, 6, 3, 4),)), samples(torch.full((4, 5), -1.0)))
    assert losses['pprb_changed'] == 1


def test_diagnostics():
    neck, head = build_neck(), build_head(diagnostics=True)
    labels = np.array([[1, 0, -1, 1, 0], [0, 0, 1, -1, 1]])
    head.see_labels(labels)
    feats = neck((torch.randn(2, 6, 3, 4),))
    losses = head.loss(feats, samples(torch.from_numpy(labels)))
    largest = [feats.attention[b, c].max().item() for b in range(2) for c in range(5)]
    assert losses['attention_max'].item() == pytest.approx(sum(largest) / 10)
    assert losses['attention_uniform'].item() == pytest.approx(1 / 12)
    expected = dense.base_rate_entropy(labels.tolist())
    assert losses['base_rate_entropy'].item() == pytest.approx(expected, rel=1e-6)


LABELS = np.array([[1, 0, -1], [1, 0, -1], [0, 1, -1]])


@pytest.mark.parametrize(('bias_init', 'changes'), [('known_prior', True), (None, False)])
def test_bias_starts_at_the_prior_if_asked(bias_init, changes):
    head = DSRBHead(3, 4, 5, bias_init=bias_init)
    before = head.classifier.bias.detach().clone()
    head.see_labels(LABELS)
    expected = [dense.prior_logit(LABELS.tolist(), c) for c in range(3)]
    wanted = torch.tensor(expected) if changes else before
    torch.testing.assert_close(head.classifier.bias.detach(), wanted)


def test_a_loaded_bias_is_kept():
    """Whatever loads it: a checkpoint that is resumed, ``load_from`` or a model's ``init_cfg``."""
    trained, head = DSRBHead(3, 4, 5), DSRBHead(3, 4, 5, bias_init='known_prior')
    load_state_dict(
        torch.nn.Sequential(head), {f'0.{k}': v for k, v in trained.state_dict().items()}
    )
    head.see_labels(LABELS)
    assert torch.equal(head.classifier.bias, trained.classifier.bias)


def test_a_loaded_backbone_leaves_the_bias_to_the_prior():
    head = DSRBHead(3, 4, 5, bias_init='known_prior')
    load_state_dict(
        torch.nn.Sequential(torch.nn.Linear(1, 1), head), {'0.weight': torch.ones(1, 1)}
    )
    head.see_labels(LABELS)
    expected = [dense.prior_logit(LABELS.tolist(), c) for c in range(3)]
    torch.testing.assert_close(head.classifier.bias.detach(), torch.tensor(expected))


def test_complete_labels_as_indices_are_the_same_as_scores():
    neck, head = build_neck(), build_head(iprb=None, pprb=None, contrastive=None)
    feats = neck((torch.randn(2, 6, 3, 4),))
    indices = [DataSample().set_gt_label(row) for row in ([0, 3], [4])]
    scores = torch.tensor([[1.0, 0, 0, 1, 0], [0, 0, 0, 0, 1]])
    one, two = head.loss(feats, indices), head.loss(feats, samples(scores))
    assert torch.equal(one['loss_plain'], two['loss_plain'])


def test_prediction_is_the_sigmoid_of_the_plain_logits():
    neck, head = build_neck().eval(), build_head().eval()
    with torch.no_grad():
        feats = neck((torch.randn(2, 6, 3, 4),))
        logits = head(feats)
        predictions = head.predict(feats, [DataSample(), DataSample()])
    for logit, sample in zip(logits, predictions, strict=True):
        torch.testing.assert_close(sample.pred_score, logit.sigmoid())
        assert torch.equal(sample.pred_logit, logit)
        assert sample.pred_label.tolist() == (logit >= 0).nonzero().flatten().tolist()


def test_registered_in_mmpretrain():
    head = MODELS.build(dict(type='DSRBHead', num_classes=2, in_channels=3, hidden_channels=4))
    assert isinstance(head, DSRBHead)
    assert head.graph.steps == 3


def test_training_without_a_label_graph():
    head = DSRBHead(2, 3, 4)
    feats = CategoryFeatures(torch.ones(1, 2, 1, 1), torch.zeros(1, 2).long(), torch.ones(1, 2, 3))
    with pytest.raises(RuntimeError, match='label graph is not set'):
        head.loss(feats, samples(torch.ones(1, 2)))


def test_unknown_bias_init():
    with pytest.raises(ValueError, match="expected bias_init to be None or 'known_prior', but got"):
        DSRBHead(2, 3, 4, bias_init='zero')


@pytest.mark.parametrize('kind', ['CurriculumLabels', 'AsymmetricPseudoLabels'])
@pytest.mark.parametrize('others', [[], ['InstanceBlending']])
def test_a_complement_that_takes_the_place_of_the_batch(kind, others):
    torch.manual_seed(0)
    head = DSRBHead(4, 6, 8, complements=[dict(type=name) for name in [kind, *others]])
    head.see_labels(np.array([[1, 0, -1, 1], [-1, 1, 0, 0]], np.int8))
    labels = torch.tensor([[1, 0, -1, -1], [-1, 1, 0, -1]])
    for part in head.modules():
        if hasattr(part, 'see_labels'):
            part.see_labels(labels.numpy().astype(np.int8))
    for part in head.complements.values():
        part.set_active(True)
    first = next(iter(head.complements.values()))
    first.labels.fill(torch.tensor([0]), torch.tensor([[-1.0, -1, 1, 0]]))
    rows = samples(labels)
    for index, row in enumerate(rows):
        row.set_field(index, 'sample_idx', field_type='metainfo')
    features = torch.randn(2, 4, 6)
    losses = head.loss((features,), rows)
    assert losses[f'{first.name}_changed'] == 2 / 2
    filled = torch.tensor([[1, 0, 1, 0], [-1, 1, 0, -1]])
    known = filled >= 0
    logits, weight = head((features,)), torch.ones(2, 4)
    if kind == 'AsymmetricPseudoLabels':
        weight[0, 2:] = first.beta
    expected = F.binary_cross_entropy_with_logits(logits, filled.float(), reduction='none')
    expected = (expected * weight)[known].sum() / known.sum()
    torch.testing.assert_close(losses['loss_plain'], expected)


def test_without_graph_steps_there_is_no_graph():
    head = DSRBHead(4, 6, 8, graph_steps=0, complements=[dict(type='InstanceBlending')])
    head.complements['iprb'].set_active(True)
    assert head.graph is None
    losses = head.loss((torch.randn(3, 4, 6),), samples(draw_labels(3, 4, 0, (1, 0, -1))))
    total(losses).backward()
    assert all(parameter.grad is not None for parameter in head.classifier.parameters())
