"""Filling in missing labels from beginning to end."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.logging import print_log

from dsrb_mm.apis import check_classes, load_model
from dsrb_mm.completion.category_thresholds import CategoryThresholds, fit_thresholds
from dsrb_mm.completion.held_out import NO_HOLDOUT, build_held_out, unseen_labels
from dsrb_mm.completion.label_tables import find_image_root, relative_paths
from dsrb_mm.completion.outputs import annotation_files, check_outputs
from dsrb_mm.completion.scoring import score_images
from dsrb_mm.completion.thresholds import TrustRule
from dsrb_mm.datasets.config_data import SPLITS, ConfigData, build_split, has_split, test_pipeline


@dataclass(frozen=True)
class HeldOut:
    """Held-out labels: how many images and known labels, and how many were left out."""

    images: int
    known: int
    also_trained: int


@dataclass(frozen=True)
class Completion:
    """The training set with its gaps filled as far as the rule allows.

    Attributes:
        train: The training set.
        others: The config's other data sets, as they are.
        image_root: Folder that :attr:`paths` are relative to.
        scores: Probabilities, (N, C).
        decided: Decision for every entry, 1, 0 or -1, (N, C); only used where a label is missing.
        thresholds: What they were made with.
        held_out: What these were chosen on; None without.
    """

    train: ConfigData
    others: list[ConfigData]
    image_root: str
    scores: np.ndarray
    decided: np.ndarray
    thresholds: CategoryThresholds
    held_out: HeldOut | None

    @property
    def paths(self) -> list[str]:
        """Training images relative to :attr:`image_root`."""
        return relative_paths(self.train.paths, self.image_root)

    @property
    def labels(self) -> np.ndarray:
        """Known labels as they were, decisions elsewhere, -1 for what stays open, (N, C)."""
        return fill_in(self.train.labels, self.decided)


def fill_in(labels: np.ndarray, decided: np.ndarray) -> np.ndarray:
    """Decisions where labels are unknown; known labels stay.

    Shape:
        (N, C) in {1, 0, -1}, each.
    """
    return np.where(labels >= 0, labels, decided).astype(np.int8)


def complete(
    cfg: Config,
    checkpoint: str,
    rule: TrustRule,
    holdout: str = 'val',
    scope: str = 'auto',
    image_root: str | None = None,
    device: str | None = None,
    outputs: Iterable[str] = (),
    inputs: Iterable[str] = (),
    overwrite: bool = False,
) -> Completion:
    """Score the training set, choose thresholds on held-out labels, decide.

    Args:
        cfg: Config that the model was trained with.
        checkpoint: Its weights.
        rule: When a decision is trusted.
        holdout: See :func:`build_held_out`; ``'none'`` decides nothing.
        scope: See :func:`fit_thresholds`.
        image_root: Folder that paths are to be relative to; None: the sets' common image folder.
        device: Where to compute.
        outputs: Files to be written later, checked first.
        inputs: Files read besides the annotations, which must not be among them.
        overwrite: Whether existing outputs may be replaced.

    Raises:
        ValueError: Held-out labels, checkpoint or outputs that do not fit.
        FileNotFoundError: A file is missing.
        FileExistsError: An output exists.
    """
    pipeline = test_pipeline(cfg)
    train = build_split(cfg, 'train', pipeline)
    others = _other_sets(cfg, train, pipeline)
    sets = [train, *others]
    root = image_root or find_image_root(sets)
    files = [*inputs, *annotation_files(sets), checkpoint]
    check_outputs(list(outputs), [*files, holdout] if Path(holdout).is_file() else files, overwrite)
    held_out = None
    if holdout != NO_HOLDOUT:
        built = [data for data in others if data.split == holdout]
        held_out = built[0] if built else build_held_out(cfg, holdout, train, pipeline, root)
        labels, dropped = unseen_labels(held_out, train)
        if dropped:
            print_log(f'{dropped} held-out labels are known to training: left out', 'current')
    model = load_model(cfg, checkpoint, device)
    check_classes(model, train.classes, checkpoint)
    if held_out is None:
        thresholds, summary = CategoryThresholds.nothing(len(train.classes)), None
    else:
        thresholds = fit_thresholds(score_images(model, held_out, cfg), labels, rule, scope)
        summary = HeldOut(len(labels), int((labels >= 0).sum()), dropped)
    scores = score_images(model, train, cfg)
    decided = thresholds.decide(scores)
    return Completion(train, others, root, scores, decided, thresholds, summary)


def _other_sets(cfg: Config, train: ConfigData, pipeline: list[dict]) -> list[ConfigData]:
    """Validation and test set as they are, each once."""
    found: list[ConfigData] = []
    seen: list[dict] = []
    for split in SPLITS[1:]:
        if not has_split(cfg, split) or cfg[f'{split}_dataloader']['dataset'] in seen:
            continue
        seen.append(cfg[f'{split}_dataloader']['dataset'])
        data = build_split(cfg, split, pipeline)
        if data.classes != train.classes:
            raise ValueError(
                f'expected the {split} set to have the categories of the training set in their '
                f'order, but got {len(data.classes)}: {data.classes[:5]}, ...'
            )
        found.append(data)
    return found
