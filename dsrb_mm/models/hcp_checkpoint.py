"""Checkpoints of the authors' published implementation of DSRB (HCP-MLR-PL), to ours and back."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from pathlib import Path

import numpy as np
import torch
from mmengine.logging import print_log
from torch import Tensor

from dsrb_mm.engine.checkpoints.checkpoint_reading import load_plain_checkpoint
from dsrb_mm.fileio.atomic import open_atomically
from dsrb_mm.models.complements.prototype_bank import NUM_LOCATIONS

# Their name -> ours.
_RENAMED = {
    'wordFeatures': 'neck.word_vectors',
    'SemanticDecoupling.fc1.weight': 'neck.image_to_joint.weight',
    'SemanticDecoupling.fc2.weight': 'neck.word_to_joint.weight',
    'SemanticDecoupling.fc3.weight': 'neck.joint.weight',
    'SemanticDecoupling.fc3.bias': 'neck.joint.bias',
    'SemanticDecoupling.fc4.weight': 'neck.score.weight',
    'SemanticDecoupling.fc4.bias': 'neck.score.bias',
    'fc.weight': 'head.classifier.output.weight',
    'fc.bias': 'head.classifier.output.bias',
    'classifiers.weight': 'head.classifier.weight',
    'classifiers.bias': 'head.classifier.bias',
    'alpha': 'head.complements.iprb.blending_weight.value',
    'beta': 'head.complements.pprb.blending_weight.value',
}
# Absent where the backbone already gives D channels.
_PROJECTION = {
    'changeChannel.0.weight': 'neck.projection.0.weight',
    'changeChannel.1.weight': 'neck.projection.1.weight',
    'changeChannel.1.bias': 'neck.projection.1.bias',
    'changeChannel.1.running_mean': 'neck.projection.1.running_mean',
    'changeChannel.1.running_var': 'neck.projection.1.running_var',
    'changeChannel.1.num_batches_tracked': 'neck.projection.1.num_batches_tracked',
}
# Our parameter -> theirs, from top to bottom: the graph network's W_i and U_i stand stacked.
_STACKED = {
    f'head.graph.{layer}.{kind}': [f'GraphNeuralNetwork.fc_{part}.{kind}' for part in parts]
    for layer, parts in (
        ('message', ('1_w', '2_w', '3_w')),
        ('gates', ('1_u', '2_u')),
        ('candidate', ('3_u',)),
    )
    for kind in ('weight', 'bias')
}
_ADJACENCY = 'head.graph.adjacency'
_IN_MATRICES = ('inMatrix', 'GraphNeuralNetwork.inMatrix')
_OUT_MATRICES = ('outMatrix', 'GraphNeuralNetwork.outMatrix')
# What they do not save with the model.
_OURS_ONLY = (
    'head.complements.pprb.bank.prototypes',
    'head.complements.pprb.bank.counts',
    'head.base_rate_entropy',
    'head.complements.iprb.active',
    'head.complements.pprb.active',
    'head.aux_losses.contrastive.ramp',
)
_SHOWN = 30  # names listed in an error


def from_hcp(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """State dict of their DSRB -> state dict of an ``ImageClassifier`` with our neck and head.

    Prototypes are not part of their checkpoints: the bank is empty, and PPRB blends nothing until a
    training fills it. The state of the schedule and the diagnostic ``base_rate_entropy`` are
    written too, so that the model loads without missing keys; inference reads none of them. NaN
    rows of the label graph (categories without known positive) become 0. The order of the
    categories is kept.

    Args:
        state: Their parameters and buffers, without a ``module.`` prefix.

    Raises:
        ValueError: Missing or unknown names, or matrices that are not one label graph.
    """
    renamed = _RENAMED | (_PROJECTION if 'changeChannel.0.weight' in state else {})
    parts = [part for names in _STACKED.values() for part in names]
    _check_names(state, [*renamed, *parts, *_IN_MATRICES, *_OUT_MATRICES])
    result = _backbone(state)
    result |= {ours: state[theirs] for theirs, ours in renamed.items() if theirs in state}
    for theirs in ('alpha', 'beta'):
        result[_RENAMED[theirs]] = state[theirs].reshape(())
    result |= {ours: torch.cat([state[n] for n in names]) for ours, names in _STACKED.items()}
    result[_ADJACENCY] = _adjacency(state)
    empty = (torch.empty(0, NUM_LOCATIONS, 0), torch.empty(0, NUM_LOCATIONS, dtype=torch.long))
    values = (*empty, torch.tensor(0.0), torch.tensor(0), torch.tensor(0), torch.tensor(1.0))
    result |= dict(zip(_OURS_ONLY, values, strict=True))
    return {name: value.clone() for name, value in result.items()}


def to_hcp(state: dict[str, Tensor]) -> dict[str, Tensor]:
    """The inverse of :func:`from_hcp`; prototypes are dropped, as theirs are never saved.

    Args:
        state: Ours, with IPRB and PPRB switched on (they hold alpha and beta).

    Raises:
        ValueError: Missing or unknown names, as of another neck, head or backbone.
    """
    renamed = _RENAMED | (_PROJECTION if 'neck.projection.0.weight' in state else {})
    _check_names(state, [*renamed.values(), *_STACKED, _ADJACENCY], optional=_OURS_ONLY)
    result = _backbone(state)
    result |= {theirs: state[ours] for theirs, ours in renamed.items() if ours in state}
    for ours, names in _STACKED.items():
        result |= dict(zip(names, state[ours].chunk(len(names)), strict=True))
    result |= dict.fromkeys(_IN_MATRICES, state[_ADJACENCY])
    result |= dict.fromkeys(_OUT_MATRICES, state[_ADJACENCY].T)
    # Copies: a view would be saved with all of the tensor it looks at.
    return {n: v.clone(memory_format=torch.contiguous_format) for n, v in result.items()}


def convert_checkpoint(src: str | Path, dst: str | Path, reverse: bool = False) -> list[Path]:
    """Convert a checkpoint file.

    Args:
        src: Checkpoint: a state dict, or a dict with ``state_dict``.
        dst: File to write. Beside it, under the suffix ``.npy``, stand the word vectors, for
            ``--cfg-options model.neck.word_vectors=FILE`` (not with ``reverse``).
        reverse: From ours to theirs.

    Returns:
        The files written.

    Raises:
        FileNotFoundError: No such ``src``.
        ValueError: ``src`` is not such a checkpoint, or ``dst`` would overwrite it.
    """
    src, dst = Path(src), Path(dst)
    if dst.suffix == '.npy' or dst.resolve() == src.resolve():
        raise ValueError(f'expected DST to be a checkpoint file other than SRC, but got {dst}')
    state = _read_state_dict(src)
    converted = to_hcp(state) if reverse else from_hcp(state)
    dst.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(dst, 'wb') as file:
        torch.save({'state_dict': converted}, file)
    if reverse:
        return [dst]
    vectors = dst.with_suffix('.npy')
    with open_atomically(vectors, 'wb') as file:
        np.save(file, converted['neck.word_vectors'].float().numpy())
    return [dst, vectors]


def _read_state_dict(path: Path) -> dict[str, Tensor]:
    content = load_plain_checkpoint(path)
    state = content.get('state_dict', content) if isinstance(content, dict) else content
    if not isinstance(state, dict) or not all(isinstance(v, Tensor) for v in state.values()):
        raise ValueError(
            f"expected {path} to hold a state dict, or one under 'state_dict', but got "
            f'{list(state)[:_SHOWN] if isinstance(state, dict) else type(state).__name__}'
        )
    return {name.removeprefix('module.'): value for name, value in state.items()}


def _backbone(state: dict[str, Tensor]) -> dict[str, Tensor]:
    return {name: value for name, value in state.items() if name.startswith('backbone.')}


def _backbone_names(state: dict[str, Tensor]) -> set[str]:
    """Names of the ResNet that resembles the backbone most; torchvision's are MMPretrain's."""
    from torchvision.models import resnet

    found, candidates = set(_backbone(state)), []
    for depth in (18, 34, 50, 101, 152):
        with torch.device('meta'):
            names = getattr(resnet, f'resnet{depth}')(weights=None).state_dict()
        candidates.append({f'backbone.{name}' for name in names if not name.startswith('fc.')})
    return min(candidates, key=lambda names: len(names ^ found))


def _check_names(state: dict[str, Tensor], names: list[str], optional: Iterable[str] = ()) -> None:
    expected = _backbone_names(state).union(names)
    # PyTorch counts batches since 0.4.1 and fills in the counter where it is not given.
    missing = {n for n in expected - state.keys() if not n.endswith('num_batches_tracked')}
    wrong = {'missing': missing, 'unknown': state.keys() - expected.union(optional)}
    text = [f'{len(n)} {kind}: {sorted(n)[:_SHOWN]}' for kind, n in wrong.items() if n]
    if text:
        raise ValueError(f'expected the keys of a DSRB on a ResNet, but got {"; ".join(text)}')


def _adjacency(state: dict[str, Tensor]) -> Tensor:
    """The one label graph behind their four matrices, without NaN."""
    graph = state['inMatrix']
    empty = graph.isnan().all(1)
    clean = graph.masked_fill(empty.unsqueeze(1), 0)
    for name in (*_IN_MATRICES, *_OUT_MATRICES):
        matrix = state[name].T if name in _OUT_MATRICES else state[name]
        if not matrix.masked_fill(empty.unsqueeze(1), 0).equal(clean):  # NaN equals nothing
            relation = 'the transpose of inMatrix' if name in _OUT_MATRICES else 'one label graph'
            raise ValueError(f'expected {name} to be {relation}, but got other values or NaN')
    if empty.any():
        rows = empty.nonzero().flatten().tolist()
        text = f'label graph: NaN rows {rows} (categories without known positive) became 0'
        print_log(text, 'current', logging.WARNING)
    return clean
