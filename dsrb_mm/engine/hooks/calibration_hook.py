"""When a calibration is fitted, stored and used."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from mmengine.dist import collect_results, is_main_process
from mmengine.hooks import Hook
from mmengine.runner import Runner
from mmpretrain.registry import HOOKS
from mmpretrain.structures import DataSample
from numpy.typing import NDArray

from dsrb_mm.arguments import check_flag
from dsrb_mm.calibration import META_KEY, Calibration, fit_calibration, image_keys, logits_of
from dsrb_mm.datasets.config_data import image_paths
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.checkpoints.checkpoint_reading import (
    CheckpointFileError,
    load_plain_checkpoint,
)
from dsrb_mm.engine.checkpoints.stored_calibration import read_calibration, store_calibration
from dsrb_mm.evaluation import MultiLabelRecognitionMetric
from dsrb_mm.evaluation.multi_label_recognition import sample_arrays


@HOOKS.register_module()
class CalibrationHook(Hook):
    """Fits a calibration on the validation images and puts it into checkpoints; uses it in tests.

    In training with ``fit``, the outputs of each validation are kept. A checkpoint that is written
    for the same weights, such as the best one, gets the calibration in its ``meta``; the last
    checkpoint, which MMEngine writes before the validation, gets it when the training ends.

    Before a test, metrics get the checkpoint's calibration if it was fitted on other images. If the
    test images are those of the fit, as in configs of which the test set is the validation set,
    figures with it would be too good: metrics cross-validate instead. The log says which.

    Args:
        fit: Whether to fit a calibration in training.

    Example:
        >>> default_hooks = dict(calibration=dict(type='CalibrationHook', fit=True))
    """

    # Before checkpoints are written and pictures drawn.
    priority = 'ABOVE_NORMAL'

    def __init__(self, fit: bool = False) -> None:
        self.fit = check_flag('fit', fit)
        self._outputs: list[tuple[NDArray, NDArray]] = []
        self._fitted: Calibration | None = None
        self._loaded: Calibration | None = None

    def before_train_iter(self, runner: Runner, batch_idx: int, data_batch: Any = None) -> None:
        """Forget the validation: from now on the weights are others."""
        self._outputs, self._fitted = [], None

    def before_val_epoch(self, runner: Runner) -> None:
        """Forget the validation before."""
        self._outputs, self._fitted = [], None

    def after_val_iter(
        self,
        runner: Runner,
        batch_idx: int,
        data_batch: Any = None,
        outputs: Sequence[DataSample] | None = None,
    ) -> None:
        """Keep logits and labels."""
        if self.fit:
            self._outputs += [_logits_and_labels(sample) for sample in outputs or ()]

    def after_val_epoch(self, runner: Runner, metrics: dict[str, float] | None = None) -> None:
        """Collect what all processes have kept."""
        if self.fit:
            number = len(runner.val_dataloader.dataset)
            self._outputs = collect_results(self._outputs, number) or []

    def before_save_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Add the calibration where the weights are those of the last validation."""
        calibration = self._fit(runner)
        if calibration is not None:
            checkpoint['meta'][META_KEY] = calibration.to_dict()

    def after_train(self, runner: Runner) -> None:
        """Add the calibration to the last checkpoint if it holds the weights just validated."""
        path = Path(runner.message_hub.runtime_info.get('last_ckpt') or '')
        if not (self._outputs and is_main_process() and path.is_file()):
            return
        calibration = self._fit(runner)
        try:
            # Where training ends between two checkpoints, the last one holds earlier weights.
            saved_at = (load_plain_checkpoint(path).get('meta') or {}).get('iter')
            if saved_at != runner.iter or calibration is None:
                return
            store_calibration(path, calibration)
        except CheckpointFileError as error:
            runner.logger.warning(f'{path} stays without a calibration: {error}')
            return
        runner.logger.info(
            f'calibration of {len(self._outputs)} validation images stored in {path}'
        )

    def _fit(self, runner: Runner) -> Calibration | None:
        if self._fitted is None and self._outputs and is_main_process():
            logits, labels = (np.stack(rows) for rows in zip(*self._outputs, strict=True))
            keys = image_keys(image_paths(runner.val_dataloader.dataset))
            self._fitted = fit_calibration(logits, labels, keys, 'val')
        return self._fitted

    def after_load_checkpoint(self, runner: Runner, checkpoint: dict) -> None:
        """Read the calibration of a checkpoint that is tested or trained on."""
        source = runner.cfg.get('load_from') or 'the checkpoint'
        model = bare_model(runner)
        number = getattr(getattr(model, 'head', None), 'num_classes', None)
        self._loaded = model.calibration = read_calibration(checkpoint, source, number)

    def before_test_epoch(self, runner: Runner) -> None:
        """Hand the calibration to the metrics, unless it was fitted on these images."""
        found = self._loaded
        metrics = [
            metric
            for metric in runner.test_evaluator.metrics
            if isinstance(metric, MultiLabelRecognitionMetric)
        ]
        if found is None:
            runner.logger.info(
                'the checkpoint has no calibration: predictions are made from 0.5 on'
                + ('; *_tuned are cross-validated' if any(m.tuned for m in metrics) else '')
            )
            return
        shared = found.flatters(image_keys(image_paths(runner.test_dataloader.dataset)))
        for metric in metrics:
            metric.tuned = True
            metric.calibration = None if shared else found
        runner.logger.info(
            f'*_tuned are cross-validated: the calibration was fitted on images of this test set '
            f'({found.source})'
            if shared
            else f'*_tuned are at the thresholds of the checkpoint ({found.rule}), fitted on '
            f'{found.images} images ({found.source})'
        )


def _logits_and_labels(sample: DataSample) -> tuple[NDArray, NDArray]:
    scores, labels, *logits = sample_arrays(sample)
    return (logits[0] if logits else logits_of(scores)), labels
