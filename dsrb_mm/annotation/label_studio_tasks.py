"""Questions as tasks of Label Studio, with the model's predictions as pre-annotations."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import quote

from dsrb_mm.annotation.questions import Question, by_image
from dsrb_mm.fileio.atomic import write_atomically

LOCAL_FILES = '/data/local-files/?d='
# The labelling interface: the choices are those of each task.
INTERFACE = """<View>
  <Image name="image" value="$image"/>
  <Choices name="labels" toName="image" choice="multiple" value="$choices"/>
</View>
"""
_PRESENT = 0.5  # without a threshold


def write_label_studio_tasks(
    questions: Sequence[Question],
    out: str | Path,
    address: str = LOCAL_FILES,
    model_version: str = 'dsrb_mm',
    thresholds: Mapping[str, float] | None = None,
) -> None:
    """Write tasks to import, one per image, and beside them the interface that they need.

    Each task lists the categories asked for as its ``choices``; those whose score reaches their
    threshold are selected in advance. In the export these choices say what was looked for, so that
    :func:`dsrb_mm.datasets.import_labels` reads the others as unknown.

    Args:
        questions: What to ask; images come in the order of their first question.
        out: ``.json`` to write; the interface goes into the ``.xml`` of the same name.
        address: Prefix of the paths of images. The default is for files that Label Studio
            serves itself from its document root (local storage).
        model_version: Name of the pre-annotations.
        thresholds: Threshold of each category for the selection; 0.5 for categories without one.

    Example:
        >>> write_label_studio_tasks(questions, 'tasks.json')
    """
    ticked = {
        question
        for question in questions
        if question.score >= (thresholds or {}).get(question.category, _PRESENT)
    }
    tasks = [
        _task(path, asked, ticked, address, model_version)
        for path, asked in by_image(questions).items()
    ]
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    write_atomically(interface_file(out), INTERFACE.encode())
    write_atomically(out, json.dumps(tasks, indent=1).encode())


def interface_file(out: str | Path) -> Path:
    """Path of the labelling interface that belongs to tasks."""
    return Path(out).with_suffix('.xml')


def _task(
    path: str, asked: Sequence[Question], ticked: set[Question], address: str, model_version: str
) -> dict[str, Any]:
    present = [question for question in asked if question in ticked]
    region = {
        'from_name': 'labels',
        'to_name': 'image',
        'type': 'choices',
        'value': {'choices': [question.category for question in present]},
    }
    prediction = {
        'model_version': model_version,
        'score': sum(question.score for question in asked) / len(asked),
        'result': [region] if present else [],
    }
    choices = [{'value': question.category} for question in asked]
    return {
        'data': {'image': address + quote(path), 'choices': choices},
        'predictions': [prediction],
    }
