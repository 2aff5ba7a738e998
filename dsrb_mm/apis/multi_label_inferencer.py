"""Predictions for images, from a config and a checkpoint."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from mmengine.config import Config
from mmengine.logging import print_log
from mmpretrain.apis.base import BaseInferencer
from mmpretrain.structures import DataSample
from rich.progress import track
from torch import nn

from dsrb_mm.apis.image_inputs import ImageInput, collect_images
from dsrb_mm.apis.model_loading import load_model
from dsrb_mm.apis.prediction_pictures import draw_prediction
from dsrb_mm.apis.preprocessing import InputPipeline, UnreadableImageError, collate
from dsrb_mm.apis.selection import Selection
from dsrb_mm.calibration import Calibration, logits_of
from dsrb_mm.fileio.outputs import check_outputs
from dsrb_mm.models.category_maps import category_maps
from dsrb_mm.models.necks import CSRLNeck


class MultiLabelInferencer(BaseInferencer):
    """Predicts the categories of images, with MMPretrain's multi-label models and with DSRB.

    Example:
        >>> inferencer = MultiLabelInferencer('configs/dsrb_csv.py', 'epoch_12.pth')
        >>> inferencer(['a.jpg', 'folder'], batch_size=8, thr=0.5)[0]
        {'path': 'a.jpg', 'pred_scores': array([...]), 'pred_labels': [1], 'pred_classes': ['cat']}
        >>> inferencer(cv2.imread('a.jpg'), channel_order='bgr')

    Args:
        model: Config or its file; or a model that :func:`load_model` returned.
        pretrained: Checkpoint, read with ``weights_only``; None takes the config's ``load_from``.
        device: Where to run; None is the GPU if there is one, else the CPU.
        classes: Category names, or a file of one name a line. None takes those in the checkpoint,
            else those of the config's test dataset, else numbers.
        calibrated: Whether to use the checkpoint's calibration, where it has one: calibrated
            probabilities, and a threshold per category.

    Attributes:
        calibration: What is used; None: the head's own probabilities, and 0.5.
        classes: Category names, None where numbers stand for them.
        has_attention: Whether the model has attention maps (:class:`CSRLNeck`).

    Raises:
        FileNotFoundError: Config or checkpoint does not exist.
        ValueError: Config, checkpoint, names and device do not fit each other.
    """

    def __init__(
        self,
        model: str | Path | Config | nn.Module,
        pretrained: str | Path | None = None,
        device: str | torch.device | None = None,
        classes: Sequence[str] | str | Path | None = None,
        calibrated: bool = True,
    ) -> None:
        if not isinstance(model, nn.Module):
            model = load_model(model, pretrained, device, classes)
        elif pretrained is not None or device is not None or classes is not None:
            raise ValueError(
                'expected pretrained, device and classes to be None beside a loaded model'
            )
        super().__init__(model, pretrained=None)
        self.classes: tuple[str, ...] | None = self.model._dataset_meta.get('classes')
        found: Calibration | None = getattr(self.model, 'calibration', None)
        self.calibration = found if calibrated else None
        self.has_attention = isinstance(getattr(self.model, 'neck', None), CSRLNeck)

    def _init_pipeline(self, cfg: Config) -> InputPipeline:
        return InputPipeline(cfg)

    def __call__(
        self,
        inputs: Any,
        progress: bool = True,
        channel_order: str | None = None,
        **options: Any,
    ) -> list[dict[str, Any]]:
        """Predict all images and return all results.

        Args:
            inputs: See :meth:`stream`.
            progress: Whether to show a progress bar.
            channel_order: See :meth:`stream`.
            **options: Further arguments of :meth:`stream`.
        """
        images = collect_images(inputs, channel_order)
        results = self.stream(images, **options)
        shown = track(results, 'Predicting', total=len(images), disable=not progress)
        return list(shown)

    def stream(
        self,
        inputs: Any,
        batch_size: int = 1,
        thr: float | None = None,
        topk: int | None = None,
        return_attention: bool = False,
        show_dir: str | Path | None = None,
        max_categories: int = 5,
        skip_unreadable: bool = False,
        channel_order: str | None = None,
    ) -> Iterator[dict[str, Any]]:
        """Predict images one batch after the other; nothing of a batch is kept after it.

        Args:
            inputs: A file, a folder (searched recursively), an image of Pillow, an array of shape
                (H, W, 3) and uint8, or a list of these.
            batch_size: Images a forward pass.
            thr: Probability from which a category counts as predicted.
            topk: Number of predicted categories, instead of ``thr``. Without both: the thresholds
                of the calibration; without one, what the head was built with, 0.5 if nothing.
            return_attention: Whether results hold the attention maps of all categories.
            show_dir: Folder for a picture of each image, with the map of each predicted category
                where the model has maps (:func:`category_maps`).
            max_categories: Predicted categories in a picture, the most certain ones.
            skip_unreadable: Leave out images that cannot be decoded, with a warning.
            channel_order: Of arrays: ``'rgb'``, or ``'bgr'`` as OpenCV reads them.

        Returns:
            In the order of the inputs, for each image ``path`` (None for what is not a file),
            ``pred_scores`` (C,), ``pred_labels`` and ``pred_classes``, the most certain first, and
            ``attention`` (C, H, W) where asked for.

        Raises:
            FileNotFoundError: An input does not exist.
            ValueError: Arguments out of range, a picture that would take the place of an input, an
                unreadable file, scores that are not finite, or a number of names other than that of
                the scores. What concerns arguments and inputs is raised at once, the rest when its
                image's turn comes.
        """
        if batch_size < 1 or max_categories < 1:
            raise ValueError(
                'expected batch_size and max_categories to be at least 1, but got '
                f'{batch_size} and {max_categories}'
            )
        if return_attention and not self.has_attention:
            raise ValueError(
                'expected a model with attention maps (a CSRLNeck) for return_attention, but got '
                f'the neck {type(getattr(self.model, "neck", None)).__name__}'
            )
        select = Selection.for_head(self.model.head, thr, topk, self.calibration)
        images = collect_images(inputs, channel_order)
        folder = None if show_dir is None else Path(show_dir)
        if folder is not None:
            pictures = [folder / f'{image.name}.png' for image in images]
            check_outputs(pictures, [image.path for image in images if image.path])
        loaded = self._load(images, skip_unreadable)
        batches = self._get_chunk_data(loaded, batch_size)
        return self._run(batches, select, return_attention, folder, max_categories)

    def _load(
        self, images: Sequence[ImageInput], skip_unreadable: bool
    ) -> Iterator[tuple[ImageInput, dict]]:
        for image in images:
            try:
                data = self.pipeline(image)
            except UnreadableImageError as error:
                if not skip_unreadable:
                    raise
                print_log(f'left out: {error}', 'current', logging.WARNING)
                continue
            yield image, data

    def _run(
        self,
        batches: Iterator[list[tuple[ImageInput, dict]]],
        select: Selection,
        return_attention: bool,
        show_dir: Path | None,
        max_categories: int,
    ) -> Iterator[dict[str, Any]]:
        for batch in batches:
            scores, feats = self.forward(collate([data for _, data in batch]))
            maps = None
            if return_attention or show_dir is not None:
                maps = category_maps(self.model, feats)
            for row, (image, data) in enumerate(batch):
                result = self._result(image, scores[row], select)
                own = None if maps is None else maps[row].cpu().numpy()
                if return_attention and own is not None:
                    result['attention'] = own.copy()
                if show_dir is not None:
                    path = show_dir / f'{image.name}.png'
                    draw_prediction(data['inputs'], result, own, path, max_categories)
                yield result

    @torch.no_grad()
    def forward(self, inputs: dict) -> tuple[np.ndarray, Any]:
        """Scores of a collated batch, (B, C), and what the neck gave for it."""
        data = self.model.data_preprocessor(inputs, False)
        feats = self.model.extract_feat(data['inputs'])
        samples = self.model.head.predict(feats, data.get('data_samples'))
        scores = _stack(samples, 'pred_score')
        if self.calibration is not None:
            known = 'pred_logit' in samples[0]
            logits = _stack(samples, 'pred_logit') if known else logits_of(scores)
            # A score that is not finite stays so, and is reported with its image's name.
            scores = self.calibration.probabilities(logits).astype(np.float32)
        return scores, feats

    def _result(self, image: ImageInput, scores: np.ndarray, select: Selection) -> dict[str, Any]:
        name = image.path or f'input {image.name}'
        if self.classes is not None and len(self.classes) != len(scores):
            raise ValueError(
                f'expected {len(scores)} category names, one for each output of the model, but got '
                f'{len(self.classes)}'
            )
        if not np.isfinite(scores).all():
            raise ValueError(f'expected finite scores for {name}, but got {scores.tolist()[:5]}')
        labels = select(scores)
        names = labels if self.classes is None else [self.classes[label] for label in labels]
        return dict(
            path=image.path,
            pred_scores=scores.copy(),
            pred_labels=labels,
            pred_classes=[str(name) for name in names],
        )


def _stack(samples: Sequence[DataSample], field: str) -> np.ndarray:
    return torch.stack([sample.get(field) for sample in samples]).float().cpu().numpy()
