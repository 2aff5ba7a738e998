"""Builds modules and data for the tests, and hands a module's parameters to the oracle."""

from dataclasses import dataclass, field
from functools import partial

import torch
from torch.utils._python_dispatch import TorchDispatchMode

from dsrb_mm.models import CSRLNeck, DSRBHead, PartialLabelHead


def maximum_deviation(actual, expected):
    """Largest absolute difference over the largest magnitude expected, both over the tensor."""
    actual, expected = actual.detach().double(), expected.detach().double()
    assert actual.shape == expected.shape
    if actual.numel() == 0:
        return 0.0
    scale = expected.abs().max().clamp(min=1e-30)
    return float((actual - expected).abs().max() / scale)


def draw_labels(batch, num_classes, seed=0, values=(1, 0, -1, -1)):
    """Labels (B, C) drawn uniformly from ``values``."""
    generator = torch.Generator().manual_seed(seed)
    index = torch.randint(len(values), (batch, num_classes), generator=generator)
    return torch.tensor(values, dtype=torch.float)[index]


def draw_adjacency(num_classes, seed=0):
    generator = torch.Generator().manual_seed(seed)
    return torch.rand(num_classes, num_classes, generator=generator)


def build_neck(num_classes=5, channels=6, joint=7, in_channels=None, **kwargs):
    kwargs.setdefault('pool_size', 1)
    neck = CSRLNeck(
        in_channels or channels,
        num_classes,
        out_channels=channels,
        attention_channels=joint,
        learned_channels=kwargs.pop('learned_channels', 4),
        **kwargs,
    )
    # Weights well above PyTorch's start values, so that the attention has distinct peaks.
    with torch.no_grad():
        for linear in (neck.image_to_joint, neck.word_to_joint, neck.joint, neck.score):
            linear.weight.mul_(2)
    return neck


def build_head(num_classes=5, channels=6, hidden=8, **kwargs):
    """DSRB's head with its parts switched on; None for one of its parts leaves it out."""
    iprb = kwargs.pop('iprb', dict(alpha=0.375))
    pprb = kwargs.pop('pprb', dict(beta=0.625, num_blended=2))
    contrastive = kwargs.pop('contrastive', {})
    complements = []
    if iprb is not None:
        complements.append(dict(type='InstanceBlending', **iprb))
    if pprb is not None:
        complements.append(dict(type='PrototypeBlending', **pprb))
    aux_losses = []
    if contrastive is not None:
        aux_losses.append(dict(type='CategoryContrastiveLoss', **contrastive))
    head = DSRBHead(
        num_classes, channels, hidden, complements=complements, aux_losses=aux_losses, **kwargs
    )
    if head.graph is not None:
        head.graph.set_adjacency(draw_adjacency(num_classes))
    for complement in head.complements.values():
        complement.set_active(True)
    return head


def complement_of(head, name):
    """A complement of a head by name, None where it has none."""
    return dict(head.complements).get(name)


def without_shortcut(head):
    """Have a head classify every entry, read or not."""
    head.classify_variants = partial(PartialLabelHead.classify_variants, head)


def oracle_parameters(neck, head):
    """Float64 leaves by the modules' names, and the oracle's dict made of slices of them."""
    named = {f'neck.{k}': p for k, p in neck.named_parameters()}
    named |= {f'head.{k}': p for k, p in head.named_parameters()} if head is not None else {}
    leaves = {k: p.detach().double().clone().requires_grad_() for k, p in named.items()}
    buffers = {f'neck.{k}': b.detach().double() for k, b in neck.named_buffers()}
    return leaves, by_letter(buffers | leaves)


def by_letter(leaves):
    """The oracle's dict of the tensors of a neck and a head, given by the modules' names."""
    params = dict(
        word_vectors=leaves['neck.word_vectors'],
        P=leaves['neck.image_to_joint.weight'],
        Q=leaves['neck.word_to_joint.weight'],
        M=leaves['neck.joint.weight'],
        m=leaves['neck.joint.bias'],
        u=leaves['neck.score.weight'][0],
        n=leaves['neck.score.bias'][0],
    )
    if 'neck.projection.0.weight' in leaves:
        params['conv'] = leaves['neck.projection.0.weight'][:, :, 0, 0]
        params['bn_weight'] = leaves['neck.projection.1.weight']
        params['bn_bias'] = leaves['neck.projection.1.bias']
        params['bn_mean'] = leaves['neck.projection.1.running_mean']
        params['bn_var'] = leaves['neck.projection.1.running_var']
    of_head = {k[5:]: p for k, p in leaves.items() if k[:5] == 'head.'}
    return params | (head_parameters(of_head) if of_head else {})


def head_parameters(leaves):
    """The oracle's names for the parameters of a head."""
    params = graph_parameters({k[6:]: p for k, p in leaves.items() if k[:6] == 'graph.'})
    params |= dict(
        F=leaves['classifier.output.weight'],
        f=leaves['classifier.output.bias'],
        v=leaves['classifier.weight'],
        b=leaves['classifier.bias'],
    )
    for name, symbol in (('iprb', 'alpha'), ('pprb', 'beta')):
        key = f'complements.{name}.blending_weight.value'
        if key in leaves:
            params[symbol] = leaves[key]
    return params


def graph_parameters(leaves):
    """The oracle's W1..W3, U1..U3 and biases, from the stacked layers."""
    channels = leaves['candidate.weight'].shape[0]
    params = {}
    for k in (1, 2, 3):
        rows = slice((k - 1) * channels, k * channels)
        params[f'W{k}'] = leaves['message.weight'][rows]
        params[f'w{k}'] = leaves['message.bias'][rows]
        if k < 3:
            params[f'U{k}'] = leaves['gates.weight'][rows]
            params[f'u{k}'] = leaves['gates.bias'][rows]
    params['U3'], params['u3'] = leaves['candidate.weight'], leaves['candidate.bias']
    return params


@dataclass
class Randomness:
    """Records what ``torch.rand`` and ``PrototypeBlending.choose`` gave during a step."""

    keys: list = field(default_factory=list)
    choices: list = field(default_factory=list)

    def install(self, monkeypatch, blending=None):
        rand = torch.rand

        def recording_rand(*args, **kwargs):
            self.keys.append(rand(*args, **kwargs))
            return self.keys[-1]

        monkeypatch.setattr(torch, 'rand', recording_rand)
        if blending is not None:
            choose = blending.choose

            def recording_choose(*args):
                self.choices.append(choose(*args))
                return self.choices[-1]

            monkeypatch.setattr(blending, 'choose', recording_choose)
        return self

    def chosen(self):
        """The last blending choice as {(image, category): quadrant}."""
        choice = self.choices[-1]
        return {
            (n, c): q
            for n, (cs, qs, valid) in enumerate(
                zip(
                    choice.category.tolist(),
                    choice.location.tolist(),
                    choice.valid.tolist(),
                    strict=True,
                )
            )
            for c, q, ok in zip(cs, qs, valid, strict=True)
            if ok
        }

    def shuffled(self, batch, num_classes):
        """Order of drawing in the contrastive loss: by falling key, of all pairs of a batch."""
        pairs = [
            (i, j, c) for i in range(batch) for j in range(i + 1, batch) for c in range(num_classes)
        ]
        flat = [keys for keys in self.keys if keys.ndim == 1][-2:]
        by_kind = {
            kind: dict(zip(pairs, keys.tolist(), strict=True))
            for kind, keys in zip(('+-', '--'), flat, strict=True)
        }
        return lambda kind, members: sorted(members, key=lambda pair: -by_kind[kind][pair])


class LargestTensor(TorchDispatchMode):
    """Largest number of elements in the storage of any result."""

    def __init__(self):
        super().__init__()
        self.elements = 0

    def __torch_dispatch__(self, func, types, args=(), kwargs=None):
        result = func(*args, **(kwargs or {}))
        for tensor in result if isinstance(result, (tuple, list)) else [result]:
            if isinstance(tensor, torch.Tensor):
                size = tensor.untyped_storage().nbytes() // tensor.element_size()
                self.elements = max(self.elements, size)
        return result
