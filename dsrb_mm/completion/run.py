"""Filling in missing labels from beginning to end."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from mmengine.config import Config
from mmengine.logging import print_log

from dsrb_mm.apis import check_classes, load_model
from dsrb_mm.apis.scoring import score_images
from dsrb_mm.completion.category_thresholds import CategoryThresholds, fit_thresholds
from dsrb_mm.completion.held_out import NO_HOLDOUT, build_held_out, unseen_labels
from dsrb_mm.completion.label_tables import (
    check_category_names,
    check_image_root,
    find_image_root,
    relative_paths,
)
from dsrb_mm.completion.outputs import annotation_files
from dsrb_mm.completion.same_images import known_elsewhere, merge_repeated, share_scores
from dsrb_mm.completion.score_table import ScoreTable
from dsrb_mm.completion.source_csv import SourceCSV
from dsrb_mm.completion.thresholds import TrustRule
from dsrb_mm.datasets.config_data import SPLITS, ConfigData, build_split, has_split, test_pipeline
from dsrb_mm.features import is_cached
from dsrb_mm.fileio.outputs import check_outputs


@dataclass(frozen=True)
class HeldOut:
    """Held-out images: what thresholds were chosen on.

    Attributes:
        data: The images.
        labels: Their known labels without those that training knew, (M, C).
        scores: Probabilities, (M, C).
        also_trained: How many known labels were left out because training knew them.
    """

    data: ConfigData
    labels: np.ndarray
    scores: np.ndarray
    also_trained: int


@dataclass(frozen=True)
class Completion:
    """The training set with its gaps filled as far as the rule allows.

    Attributes:
        train: The training set; rows of the same image know the same.
        others: The config's other data sets, as they are.
        source: The CSV that the training set is read from; None for other data.
        image_root: Folder that :attr:`paths` are relative to.
        scores: Probabilities, (N, C).
        elsewhere: Labels that another row of the image knows, which training does not read, (N, C)
            bool; they stay open.
        thresholds: What decisions are made with.
        held_out: What these were chosen on; None without.
    """

    train: ConfigData
    others: list[ConfigData]
    source: SourceCSV | None
    image_root: str
    scores: np.ndarray
    elsewhere: np.ndarray
    thresholds: CategoryThresholds
    held_out: HeldOut | None

    @property
    def paths(self) -> list[str]:
        """Training images relative to :attr:`image_root`."""
        return relative_paths(self.train.paths, self.image_root)

    @property
    def decided(self) -> np.ndarray:
        """Decision for every entry, 1, 0 or -1, (N, C); only used where a label is missing."""
        return self.decide(self.thresholds)

    @property
    def labels(self) -> np.ndarray:
        """Known labels as they were, decisions elsewhere, -1 for what stays open, (N, C)."""
        return fill_in(self.train.labels, self.decided)

    def decide(self, thresholds: CategoryThresholds) -> np.ndarray:
        """What other thresholds would decide, (N, C) in {1, 0, -1}."""
        return np.where(self.elsewhere, np.int8(-1), thresholds.decide(self.scores))


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
    scores_in: str | None = None,
    outputs: Iterable[str] = (),
    inputs: Iterable[str] = (),
    overwrite: bool = False,
) -> Completion:
    """Score the training set, choose thresholds on held-out labels, decide.

    Args:
        cfg: Config that the model was trained with, also on cached features
            (:func:`use_cached_features`).
        checkpoint: Its weights.
        rule: When a decision is trusted.
        holdout: See :func:`build_held_out`; ``'none'`` decides nothing.
        scope: See :func:`fit_thresholds`.
        image_root: Folder that paths are to be relative to, above all images; None: that of the
            training set's CSV, or the sets' common image folder.
        device: Where to compute.
        scores_in: CSV of scores, see :class:`ScoreTable`; the model is not loaded then.
        outputs: Files to be written later, checked first.
        inputs: Files read besides the annotations, which must not be among them.
        overwrite: Whether existing outputs may be replaced.

    Raises:
        ValueError: Held-out labels, checkpoint, scores or outputs that do not fit; rows of an image
            that contradict each other.
        FileNotFoundError: A file is missing.
        FileExistsError: An output exists.
    """
    # Cached features have a pipeline per set, and none that is random.
    pipeline = None if is_cached(cfg) else test_pipeline(cfg)
    train = merge_repeated(build_split(cfg, 'train', pipeline))
    others = _other_sets(cfg, train, pipeline)
    sets = [train, *others]
    source = SourceCSV(train) if SourceCSV.can_read(train) else None
    if source is None:
        check_category_names(train.classes)
    root = image_root or (source.image_root if source is not None else find_image_root(sets))
    read = [checkpoint, holdout, scores_in or '', *inputs, *annotation_files(sets)]
    check_outputs(list(outputs), [file for file in read if Path(file).is_file()], overwrite)
    elsewhere = [(data.paths, data.labels) for data in others]
    if source is not None:
        elsewhere.append(source.unread())
    if image_root is not None:
        for paths in (train.paths, *(paths for paths, _ in elsewhere)):
            check_image_root(paths, root)
    held_out = None
    if holdout != NO_HOLDOUT:
        built = [data for data in others if data.split == holdout]
        held_out = built[0] if built else build_held_out(cfg, holdout, train, pipeline, root)
        elsewhere.append((held_out.paths, held_out.labels))
        labels, dropped = unseen_labels(held_out, train)
        if dropped:
            print_log(f'{dropped} held-out labels are known to training: left out', 'current')
    score = _scorer(cfg, checkpoint, device, train, root, scores_in)
    thresholds, chosen_on = CategoryThresholds.nothing(len(train.classes)), None
    if held_out is not None:
        chosen_on = HeldOut(held_out, labels, score(held_out), dropped)
        thresholds = fit_thresholds(chosen_on.scores, labels, rule, scope)
    scores = share_scores(score(train), train.paths)
    known = known_elsewhere(train, elsewhere)
    return Completion(train, others, source, root, scores, known, thresholds, chosen_on)


def _scorer(
    cfg: Config,
    checkpoint: str,
    device: str | None,
    train: ConfigData,
    root: str,
    scores_in: str | None,
) -> Callable[[ConfigData], np.ndarray]:
    """What gives the scores of a set: a file, or the model."""
    if scores_in is not None:
        return ScoreTable(scores_in, train.classes, root).scores_of
    model = load_model(cfg, checkpoint, device)
    check_classes(model, train.classes, checkpoint)
    return lambda data: score_images(model, data, cfg)


def _other_sets(cfg: Config, train: ConfigData, pipeline: list[dict] | None) -> list[ConfigData]:
    """Validation and test set as they are; once, where both are the same images and labels."""
    found: list[ConfigData] = []
    seen: list[dict] = []
    for split in SPLITS[1:]:
        if not has_split(cfg, split) or cfg[f'{split}_dataloader']['dataset'] in seen:
            continue
        seen.append(cfg[f'{split}_dataloader']['dataset'])
        data = merge_repeated(build_split(cfg, split, pipeline))
        if data.classes != train.classes:
            raise ValueError(
                f'expected the {split} set to have the categories of the training set in their '
                f'order, but got {len(data.classes)}: {data.classes[:5]}, ...'
            )
        if not any(_same(data, one) for one in found):
            found.append(data)
    return found


def _same(one: ConfigData, other: ConfigData) -> bool:
    return one.paths == other.paths and np.array_equal(one.labels, other.labels)
