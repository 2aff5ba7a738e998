"""From a ranking to a file that asks its questions."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from dsrb_mm.annotation.fiftyone_labels import write_fiftyone_labels
from dsrb_mm.annotation.label_studio_tasks import (
    LOCAL_FILES,
    interface_file,
    write_label_studio_tasks,
)
from dsrb_mm.annotation.questions import Question, read_questions
from dsrb_mm.annotation.review_page import write_review_page
from dsrb_mm.engine.checkpoints.checkpoint_weights import checkpoint_classes, read_checkpoint
from dsrb_mm.engine.checkpoints.stored_calibration import read_calibration
from dsrb_mm.fileio.outputs import check_outputs

# What questions are written for, and the suffix of the file.
KINDS = {'page': '.html', 'label-studio': '.json', 'fiftyone': '.json'}


def ask(
    ranking: str | Path,
    image_root: str | Path,
    out: str | Path,
    to: str = 'page',
    limit: int | None = 500,
    image_size: int = 512,
    address: str = LOCAL_FILES,
    checkpoint: str | Path | None = None,
    overwrite: bool = False,
) -> list[Question]:
    """Write the questions of a ranking as a page for the browser, or for an annotation tool.

    Args:
        ranking: See :func:`read_questions`.
        image_root: Folder that its paths are relative to.
        out: File to write; its suffix is that of :data:`KINDS`.
        to: One of :data:`KINDS`.
        limit: Maximum number of questions; None: all.
        image_size: Longest side of images in the page, in pixels.
        address: See :func:`write_label_studio_tasks`.
        checkpoint: Checkpoint of the model that gave the scores: tasks of Label Studio have the
            categories selected that reach its thresholds. None: those that reach 0.5.
        overwrite: Whether existing files may be replaced.

    Returns:
        The questions.

    Raises:
        FileNotFoundError: A file, or images of the ranking, are missing.
        FileExistsError: ``out`` exists.
        ValueError: Another suffix or kind, or a damaged ranking or checkpoint.

    Example:
        >>> ask('annotate_next.csv', 'data/csv/images', 'review.html', limit=200)
    """
    out = Path(out)
    if to not in KINDS or out.suffix != KINDS[to]:
        raise ValueError(
            f'expected one of {", ".join(f"{kind} ({end})" for kind, end in KINDS.items())} and '
            f'a file of this suffix, but got {to} and {out}'
        )
    outputs = [out, interface_file(out)] if to == 'label-studio' else [out]
    check_outputs(outputs, [ranking], overwrite)
    questions = read_questions(ranking, image_root, limit)
    if to == 'page':
        write_review_page(questions, image_root, out, image_size)
    elif to == 'label-studio':
        thresholds = {} if checkpoint is None else _thresholds_of(checkpoint)
        write_label_studio_tasks(questions, out, address, thresholds=thresholds)
    else:
        write_fiftyone_labels(questions, image_root, out)
    return questions


def _thresholds_of(checkpoint: str | Path) -> Mapping[str, float]:
    """Thresholds by category for uncalibrated scores; none without a calibration."""
    content = read_checkpoint(checkpoint)
    classes = checkpoint_classes(content)
    calibration = read_calibration(content, checkpoint, len(classes) or None)
    if calibration is None:
        return {}
    return dict(zip(classes, calibration.uncalibrated_thresholds, strict=False))
