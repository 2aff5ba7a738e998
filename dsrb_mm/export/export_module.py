"""A model as a function of pictures: what exporters trace."""

from __future__ import annotations

import copy

import torch
from torch import Tensor, nn

from dsrb_mm.apis.model_loading import forget_inputs
from dsrb_mm.models.necks import CSRLNeck


class ExportModule(nn.Module):
    """Normalisation, backbone, neck and head of a multi-label classifier in one forward pass.

    The input is what image libraries give: RGB, 0 to 255. It becomes what the model's own data
    preprocessor expects (BGR), which then normalises it, so that nothing is left to do outside
    but resizing. The model is copied: to the CPU, in float32 and evaluation mode.

    Args:
        model: MMPretrain's ``ImageClassifier`` with a multi-label head. Where :func:`load_model`
            found a calibration in its checkpoint, the scores are calibrated.

    Shape:
        images (B, 3, H, W) -> scores (B, C), logits (B, C) and, of a model with
        :class:`CSRLNeck`, attention (B, C, h, w).
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = copy.deepcopy(model).cpu().float()
        # It looks inputs up by content, which a trace would freeze.
        forget_inputs(self.model)
        self.has_attention = isinstance(getattr(self.model, 'neck', None), CSRLNeck)
        calibration = getattr(model, 'calibration', None)
        self.is_calibrated = calibration is not None
        if calibration is not None:
            self.register_buffer('temperature', torch.tensor(calibration.temperature))
            self.register_buffer('bias', torch.tensor(calibration.bias))
        self.eval()

    @property
    def output_names(self) -> list[str]:
        """Names of the outputs, in order."""
        return ['scores', 'logits', 'attention'] if self.has_attention else ['scores', 'logits']

    def forward(self, images: Tensor) -> tuple[Tensor, ...]:
        """Probabilities, logits, and attention where the model has it."""
        inputs = self.model.data_preprocessor(dict(inputs=images.flip(1)), False)['inputs']
        feats = self.model.extract_feat(inputs)
        logits = self.model.head(feats)
        scaled = logits / self.temperature + self.bias if self.is_calibrated else logits
        outputs = (torch.sigmoid(scaled), logits)
        return (*outputs, feats.attention) if self.has_attention else outputs
