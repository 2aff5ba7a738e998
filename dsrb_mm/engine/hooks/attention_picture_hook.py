"""When pictures of predictions are written: while testing."""

from __future__ import annotations

import os
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from mmpretrain.structures import DataSample

from dsrb_mm.arguments import check_int
from dsrb_mm.calibration import Calibration, logits_of
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.fileio.outputs import check_outputs
from dsrb_mm.models.category_maps import category_maps


class PictureNames:
    """Names the picture of an image by the image's path below the folder that all images share.

    Images of one name in two folders get two pictures, whichever of them are drawn.

    Args:
        paths: All images.
    """

    def __init__(self, paths: Sequence[str]) -> None:
        absolute = [os.path.abspath(path) for path in paths]
        self._root = os.path.commonpath([os.path.dirname(path) for path in absolute])
        # a.jpg and a.png in one folder: names keep their suffix.
        stems = {os.path.splitext(path)[0] for path in absolute}
        self._whole = len(stems) < len(set(absolute))

    def name(self, path: str) -> Path:
        """Relative path of the picture of an image."""
        relative = Path(os.path.relpath(os.path.abspath(path), self._root))
        stem = relative.name if self._whole else relative.stem
        return relative.with_name(f'{stem}.png')


@HOOKS.register_module()
class AttentionPictureHook(Hook):
    """Writes a picture of every so many test images: prediction, truth, a map per category.

    Models without maps (:func:`category_maps`) get the same picture without. A picture has the
    name of its image, in the folder that the image has below the folder that all images share.

    Args:
        out_dir: Folder of the pictures.
        interval: A picture every so many test images.
        max_categories: Predicted categories shown in a picture, the most certain first.

    Raises:
        ValueError: ``interval`` or ``max_categories`` below 1.
    """

    def __init__(self, out_dir: str, interval: int = 50, max_categories: int = 5) -> None:
        check_int('interval', interval, 1)
        check_int('max_categories', max_categories, 1)
        if not isinstance(out_dir, (str, Path)):
            raise TypeError(f'expected out_dir to be a path, but got {out_dir!r}')
        self.out_dir = Path(out_dir)
        self.interval = interval
        self.max_categories = max_categories

    def before_test(self, runner: Runner) -> None:
        """Make the folder, and find names for the pictures."""
        self.out_dir.mkdir(parents=True, exist_ok=True)
        data = runner.test_dataloader.dataset
        self._names = PictureNames([data.get_data_info(i)['img_path'] for i in range(len(data))])
        self._seen = 0

    @torch.no_grad()
    def after_test_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: dict,
        outputs: Sequence[DataSample],
    ) -> None:
        """Draw the images of this batch whose turn it is."""
        drawn = [i for i in range(len(outputs)) if (self._seen + i) % self.interval == 0]
        self._seen += len(outputs)
        if not drawn:
            return
        model = bare_model(runner)
        inputs = [data_batch['inputs'][i] for i in drawn]
        feats = model.extract_feat(model.data_preprocessor(dict(inputs=inputs))['inputs'])
        classes = runner.test_dataloader.dataset.metainfo.get('classes')
        maps = category_maps(model, feats)
        for row, (i, image) in enumerate(zip(drawn, inputs, strict=True)):
            attention = None if maps is None else maps[row].cpu().numpy()
            predicted = _predict(outputs[i], getattr(model, 'calibration', None))
            self._draw(image, outputs[i], predicted, attention, classes)

    def _draw(
        self,
        image: torch.Tensor,
        sample: DataSample,
        prediction: tuple[np.ndarray, list[int]],
        attention: np.ndarray | None,
        classes: Sequence[str] | None,
    ) -> None:
        # Imports Matplotlib, which only a drawing test needs.
        from dsrb_mm.visualization import CategoryPanel, draw_attention_picture

        scores, labels = prediction
        names = classes or [str(i) for i in range(len(scores))]
        truth = sample.gt_score.cpu().numpy().astype(int) if 'gt_score' in sample else None
        predicted = sorted(labels, key=lambda c: -scores[c])
        panels = [
            CategoryPanel(
                names[c],
                float(scores[c]),
                None if truth is None else int(truth[c]),
                None if attention is None else attention[c],
            )
            for c in predicted[: self.max_categories]
        ]
        present = [] if truth is None else np.flatnonzero(truth == 1).tolist()
        missed = sorted(set(present) - set(predicted))
        rgb = image.numpy()[::-1].transpose(1, 2, 0)
        path = self.out_dir / self._names.name(sample.img_path)
        check_outputs([path], [sample.img_path])  # out_dir may be where images are read from
        path.parent.mkdir(parents=True, exist_ok=True)
        draw_attention_picture(rgb, panels, path, [names[c] for c in missed])


def _predict(sample: DataSample, calibration: Calibration | None) -> tuple[np.ndarray, list[int]]:
    """Scores and predicted categories, by the thresholds of the checkpoint where it has any."""
    scores = sample.pred_score.float().cpu().numpy()
    if calibration is None:
        return scores, sample.pred_label.tolist()
    logits = sample.pred_logit.float().cpu().numpy() if 'pred_logit' in sample else None
    scores = calibration.probabilities(logits_of(scores) if logits is None else logits)
    return scores, np.flatnonzero(calibration.predict(scores)).tolist()
