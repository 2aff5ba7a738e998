"""Questions as labels of FiftyOne, with the scores as confidences."""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path

from dsrb_mm.annotation.questions import Question, by_image
from dsrb_mm.fileio.atomic import write_atomically


def write_fiftyone_labels(
    questions: Sequence[Question], image_root: str | Path, out: str | Path
) -> None:
    """Write labels.json in the format of FiftyOneImageClassificationDataset.

    Every category asked for is a classification with its score as confidence, to be deleted where
    it is wrong. FiftyOne reads it with ``fo.Dataset.from_dir(labels_path=out,
    dataset_type=fo.types.FiftyOneImageClassificationDataset)``.

    Args:
        questions: What to ask.
        image_root: Folder that the paths of images are relative to; the file names them in full.
        out: ``.json`` to write.

    Example:
        >>> write_fiftyone_labels(questions, 'data/csv/images', 'labels.json')
    """
    classes = list(dict.fromkeys(question.category for question in questions))
    numbers = {name: number for number, name in enumerate(classes)}
    labels = {
        os.path.abspath(os.path.join(image_root, path)): [
            {'label': numbers[question.category], 'confidence': question.score}
            for question in asked
        ]
        for path, asked in by_image(questions).items()
    }
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(out, json.dumps({'classes': classes, 'labels': labels}, indent=1).encode())
