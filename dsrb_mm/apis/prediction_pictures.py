"""The picture of a prediction: the image as the model saw it, and what it attended to."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch

from dsrb_mm.visualization import CategoryPanel, draw_attention_picture


def draw_prediction(
    inputs: torch.Tensor,
    result: dict[str, Any],
    attention: np.ndarray | None,
    path: Path,
    max_categories: int,
) -> None:
    """Write the picture of one image; its folder is made.

    With attention each predicted category has a panel of its own; without, names and scores stand
    above the image.

    Args:
        inputs: Image after the test pipeline, BGR (or of one channel), 0 to 255.
        result: With ``pred_scores``, ``pred_labels`` and ``pred_classes``.
        attention: Attention maps of all categories, None without.
        path: Picture file.
        max_categories: Categories shown, the most certain ones.

    Shape:
        inputs (3 or 1, h, w), attention (C, H, W).
    """
    predicted = list(zip(result['pred_labels'], result['pred_classes'], strict=True))
    shown = predicted[:max_categories]
    scores = {label: float(result['pred_scores'][label]) for label, _ in shown}
    lines, panels = [], []
    if attention is None:
        lines = [f'{name} {scores[label]:.2f}' for label, name in shown]
    else:
        panels = [
            CategoryPanel(name, scores[label], attention=attention[label]) for label, name in shown
        ]
    if len(predicted) > len(shown):
        lines.append(f'{len(predicted) - len(shown)} more predicted')
    title = '\n'.join(lines) if predicted else 'nothing predicted'
    path.parent.mkdir(parents=True, exist_ok=True)
    draw_attention_picture(_to_rgb(inputs), panels, path, title=title)


def _to_rgb(inputs: torch.Tensor) -> np.ndarray:
    pixels = inputs.numpy()[::-1].transpose(1, 2, 0)
    pixels = pixels.clip(0, 255).astype(np.uint8)
    return np.ascontiguousarray(np.broadcast_to(pixels, (*pixels.shape[:2], 3)))
