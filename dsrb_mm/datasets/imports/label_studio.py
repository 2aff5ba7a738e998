"""Exports of Label Studio: JSON, with choices for whole images."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from dsrb_mm.datasets.image_decoding import IMAGE_SUFFIXES
from dsrb_mm.datasets.imports.annotations import (
    NOTHING,
    Annotations,
    ImageTags,
    ReaderOptions,
    names_in,
)
from dsrb_mm.fileio.annotation_files import read_json

# Field of a task that lists what an annotator could choose: what was looked for.
CHOICES = 'choices'
_UPLOADED = re.compile(r'[0-9a-f]{8}-')


def read_label_studio(path: Path, options: ReaderOptions) -> Annotations:
    """Read an export in the format "JSON"; see :func:`import_labels`.

    Choices, and labels of boxes and other regions, are categories that are present. A task without
    an annotation, or whose annotations were all skipped, was not looked at. Where annotators
    disagree, the label is disputed. If a task lists its own ``choices`` (as the tasks that
    ``tools/complete_labels.py`` writes do), only these were looked for.

    Raises:
        ValueError: No such export; the task is named.
    """
    tasks = read_json(path)
    if not isinstance(tasks, list):
        raise ValueError(f'expected {path} to be a list of Label Studio tasks, but got a dict')
    images = [_read_task(task, f'{path}, task {n}', options) for n, task in enumerate(tasks)]
    categories: dict[str, None] = {}
    for image in images:
        categories |= dict.fromkeys(sorted(image.present | image.disputed))
        categories |= dict.fromkeys(sorted(image.looked_for or ()))
    folders = [str(path.parent), str(path.parent / 'images')]
    return Annotations(images, list(categories), folders, candidates)


def candidates(name: str) -> Sequence[str]:
    """List paths that a task's image may have on this machine: ever shorter ends of its address.

    The name of an uploaded file begins with eight digits that the original does not have.
    """
    address = urlsplit(name) if '://' in name or name.startswith('/data/') else None
    path = name
    if address is not None:
        inside = parse_qs(address.query).get('d')
        path = inside[0] if inside else unquote(address.path)
    parts = [part for part in path.split('/') if part not in ('', '.', '..')]
    ends = ['/'.join(parts[start:]) for start in range(len(parts))]
    return [*ends, *([_UPLOADED.sub('', parts[-1], count=1)] if parts else [])]


def _read_task(task: Any, place: str, options: ReaderOptions) -> ImageTags:
    data = task.get('data') if isinstance(task, dict) else None
    if not isinstance(data, dict) or not isinstance(task.get('annotations'), list):
        raise ValueError(
            f'{place}: expected data and annotations, as in an export of the format "JSON" (not '
            f'JSON-MIN), but got {task!r:.80}'
        )
    listed = data.get(CHOICES)
    looked_for = None if listed is None else frozenset(_listed(listed, place))
    answers = []
    for annotation in task['annotations']:
        if not isinstance(annotation, dict) or not isinstance(annotation.get('result'), list):
            raise ValueError(f'{place}: expected annotations with a result, got {annotation!r:.80}')
        if not annotation.get('was_cancelled'):
            answers.append(frozenset(_chosen(annotation['result'], place)))
    everywhere = frozenset.intersection(*answers) if answers else NOTHING
    return ImageTags(
        _image(data, place, options.field),
        place,
        everywhere,
        looked_for if answers else None,
        frozenset().union(*answers) - everywhere,
        bool(answers),
    )


def _listed(value: Any, place: str) -> list[str]:
    """Choices of a task: names, or objects with a value."""
    if isinstance(value, list):
        value = [item.get('value') if isinstance(item, dict) else item for item in value]
    return names_in(value, f'{place}, {CHOICES}')


def _chosen(result: list, place: str) -> Iterator[str]:
    for region in result:
        kind = region.get('type') if isinstance(region, dict) else None
        value = region.get('value') if isinstance(region, dict) else None
        if not isinstance(kind, str) or not isinstance(value, dict):
            raise ValueError(f'{place}: expected results with type and value, got {region!r:.80}')
        # choices, rectanglelabels, brushlabels, ...: the value has its names under the same key.
        if kind == 'choices' or kind.endswith('labels'):
            yield from names_in(value.get(kind), f'{place}, {kind}')


def _image(data: dict, place: str, field: str | None) -> str:
    texts = {key: value for key, value in data.items() if isinstance(value, str)}
    if field is not None:
        found = [texts[field]] if field in texts else []
    else:
        found = [texts['image']] if 'image' in texts else []
        found = found or [text for text in texts.values() if _looks_like_image(text)]
    if not found:
        raise ValueError(f'{place}: expected an image in its data, but got the fields {[*data]}')
    return found[0]


def _looks_like_image(text: str) -> bool:
    return text.split('?', 1)[0].lower().endswith(IMAGE_SUFFIXES) or '/local-files/' in text
