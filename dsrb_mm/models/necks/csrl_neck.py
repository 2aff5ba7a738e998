"""Category-specific representation learning as an MMPretrain neck."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import torch
from mmengine.logging import print_log
from mmengine.model import BaseModule
from mmpretrain.registry import MODELS
from torch import Tensor, nn

from dsrb_mm.arguments import check_flag, check_sizes
from dsrb_mm.models.layers import attended_response, peak_quadrant, semantic_attention
from dsrb_mm.words.word_vectors import WordVectorMismatchError, load_word_vectors

_SAME = 1e-3  # checkpoints may be in half precision


class CategoryFeatures(NamedTuple):
    """What the neck gives for each category; as in all MMPretrain features, the last part counts.

    Attributes:
        attention: Attention over the map, (B, C, H, W), without gradient.
        quadrant: Quadrant of the peak of the attended response, (B, C), 0 to 3.
        semantic: Semantic features S, (B, C, D).
    """

    attention: Tensor
    quadrant: Tensor
    semantic: Tensor


@MODELS.register_module()
class CSRLNeck(BaseModule):
    """Turns an image's feature map into one feature vector for each category.

    Category-specific representation learning (CSRL) of arXiv 2205.13092: the map is pooled, brought
    to D channels, and for each category c averaged with an attention that its word vector w_c
    steers: ``score(h, w, c) = u . (M tanh((P f_hw) * (Q w_c)) + m) + n``.

    Args:
        in_channels: Channels of the backbone's map.
        num_classes: Number of categories C.
        word_vectors: A ``.npy`` file of C word vectors of any width, a shipped set
            (``'dsrb_mm::coco_minilm'``), or None for vectors learnt from scratch.
        out_channels: Channels D. Without a change of channels there is no projection.
        attention_channels: Channels J of P, Q and M.
        pool_size: Side and stride of the average pooling before everything else (the published
            backbone ends with 2). 1 switches it off.
        learned_channels: Width of the word vectors where they are learnt.
        compiled: Whether ``torch.compile`` fuses the attention (needs a compiler on the machine,
            and half a minute at the start).
        init_cfg: Initialisation config of MMEngine.

    Shape:
        Last tensor of the input tuple (B, in_channels, H', W') -> :class:`CategoryFeatures`.

    Raises:
        ValueError: Word vectors that do not fit the categories, a number out of range, or an
            input that is no 4-D map.
        WordVectorMismatchError: A checkpoint with word vectors of another shape than the configured
            ones, or with other numbers.
        TypeError: An argument of a wrong type.
    """

    word_vectors: Tensor

    def __init__(
        self,
        in_channels: int,
        num_classes: int,
        word_vectors: str | Path | None = None,
        out_channels: int = 1024,
        attention_channels: int = 512,
        pool_size: int = 2,
        learned_channels: int = 300,
        compiled: bool = False,
        init_cfg: dict | None = None,
    ) -> None:
        super().__init__(init_cfg)
        check_sizes(
            in_channels=in_channels,
            num_classes=num_classes,
            out_channels=out_channels,
            attention_channels=attention_channels,
            pool_size=pool_size,
            learned_channels=learned_channels,
        )
        check_flag('compiled', compiled)
        if word_vectors is not None and not isinstance(word_vectors, (str, Path)):
            raise TypeError(f'expected word_vectors to be a path or None, but got {word_vectors!r}')
        self.word_vector_source = word_vectors
        self.in_channels = in_channels
        self.num_classes = num_classes
        self.compiled = compiled
        # ceil_mode keeps the last row and column of an odd map; on even maps nothing changes.
        self.pool = (
            nn.AvgPool2d(pool_size, ceil_mode=True, count_include_pad=False)
            if pool_size > 1
            else nn.Identity()
        )
        self.projection = (
            nn.Identity()
            if in_channels == out_channels
            else nn.Sequential(
                nn.Conv2d(in_channels, out_channels, 1, bias=False), nn.BatchNorm2d(out_channels)
            )
        )
        self._set_word_vectors(word_vectors, num_classes, learned_channels)
        self.image_to_joint = nn.Linear(out_channels, attention_channels, bias=False)
        self.word_to_joint = nn.Linear(self.word_vectors.shape[1], attention_channels, bias=False)
        self.joint = nn.Linear(attention_channels, attention_channels)
        self.score = nn.Linear(attention_channels, 1)

    def _set_word_vectors(
        self, source: str | Path | None, num_classes: int, learned_channels: int
    ) -> None:
        if source is None:
            print_log(
                f'CSRLNeck: no word vectors given, learning {num_classes} of {learned_channels} '
                'channels from scratch; set model.neck.word_vectors to a .npy file to use others.',
                'current',
            )
            self.word_vectors = nn.Parameter(torch.randn(num_classes, learned_channels))
        else:
            vectors = torch.from_numpy(load_word_vectors(source, num_classes))
            self.register_buffer('word_vectors', vectors)

    def forward(self, inputs: Tensor | Sequence[Tensor]) -> CategoryFeatures:
        """Category features of the last feature map."""
        image_map = inputs if isinstance(inputs, Tensor) else inputs[-1]
        if image_map.ndim != 4 or image_map.shape[1] != self.in_channels:
            raise ValueError(
                f'expected a feature map of shape (B, {self.in_channels}, H, W) from the backbone, '
                f'but got {tuple(image_map.shape)}; see in_channels of the neck, and '
                "out_type='featmap' of transformer backbones"
            )
        image_map = self.projection(self.pool(image_map))
        height, width = image_map.shape[-2:]
        # A softmax over half-precision scores loses its peak, so autocast ends here.
        with torch.autocast(image_map.device.type, enabled=False):
            features = image_map.flatten(2).mT.to(self.score.weight.dtype).contiguous()
            semantic, attention = semantic_attention(
                features,
                self.image_to_joint(features),
                self.word_to_joint(self.word_vectors),
                self._direction(),
                self.compiled,
            )
            attention = attention.unflatten(-1, (height, width))
            response = attended_response(attention.detach(), features.detach())
        quadrant = peak_quadrant(response)
        return CategoryFeatures(attention, quadrant, semantic)

    def _direction(self) -> Tensor:
        """``M^T u``: the score's two last layers as one vector.

        Their constants m and n shift all scores of a category alike, which the softmax cancels.
        They stay parameters because weight decay sees them, hence the term of zero, which gives
        them the gradient they have in theory (0) instead of none.
        """
        constants = self.joint.bias.sum() + self.score.bias.sum()
        return self.score.weight[0] @ self.joint.weight + 0 * constants

    def _load_from_state_dict(self, state_dict, prefix, *args) -> None:
        loaded = state_dict.get(f'{prefix}word_vectors')
        if loaded is not None and loaded.shape != self.word_vectors.shape:
            options = 'model.neck.word_vectors=FILE.npy'
            if loaded.shape[:1] != self.word_vectors.shape[:1]:
                options = 'model.neck.num_classes=C model.head.num_classes=C'
            raise WordVectorMismatchError(
                f'expected word vectors of shape {tuple(self.word_vectors.shape)} in the '
                f'checkpoint, but got {tuple(loaded.shape)}; build the model as it was trained: '
                f'take the config that training left beside it, or --cfg-options {options}'
            )
        if loaded is not None and self.word_vector_source is not None:
            self._check_word_vectors(loaded)
        super()._load_from_state_dict(state_dict, prefix, *args)

    def _check_word_vectors(self, loaded: Tensor) -> None:
        """Refuse to replace the configured word vectors by others without a word."""
        own = self.word_vectors
        if torch.allclose(loaded.to(own), own, rtol=_SAME, atol=_SAME):
            return
        rows = (loaded.to(own) - own).abs().amax(1).nonzero().flatten().tolist()
        raise WordVectorMismatchError(
            f'expected the word vectors of the checkpoint to be those of '
            f'{self.word_vector_source}, which the config names, but got others for '
            f'{len(rows)} of {len(own)} categories. Name the file that the model was trained with: '
            f'model.neck.word_vectors=FILE.npy; or take those of the checkpoint: '
            f'model.neck.word_vectors=None model.neck.learned_channels={own.shape[1]}'
        )
