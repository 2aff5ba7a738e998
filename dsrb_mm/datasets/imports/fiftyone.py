"""Exports of FiftyOne: FiftyOneDataset and FiftyOneImageClassificationDataset."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from dsrb_mm.datasets.image_decoding import IMAGE_SUFFIXES
from dsrb_mm.datasets.imports.annotations import NOTHING, Annotations, ImageTags, ReaderOptions
from dsrb_mm.datasets.imports.folders import SPLITS
from dsrb_mm.fileio.annotation_files import read_json

SAMPLES, LABELS = 'samples.json', 'labels.json'
# Kinds of label in FiftyOne, and where a kind of many keeps its items.
_ITEMS = {
    'Classifications': 'classifications',
    'Detections': 'detections',
    'Polylines': 'polylines',
}
_ONE = 'Classification'


def read_fiftyone(path: Path, options: ReaderOptions) -> Annotations:
    """Read the folder of an export, or its json; see :func:`import_labels`.

    A sample without a value in the field of labels was not looked at. Tags such as ``train`` and
    ``validation`` are splits.

    Raises:
        ValueError: No such export, or several fields of labels and none chosen; the sample is
            named.
    """
    file = path
    if path.is_dir():
        file = path / (SAMPLES if (path / SAMPLES).is_file() else LABELS)
    content = read_json(file)
    if isinstance(content, dict) and isinstance(content.get('samples'), list):
        return _read_samples(content['samples'], file, options)
    if isinstance(content, dict) and isinstance(content.get('labels'), dict):
        return _read_labels(content, file)
    raise ValueError(
        f'expected {file} to be samples.json (FiftyOneDataset) or labels.json '
        '(FiftyOneImageClassificationDataset) of a FiftyOne export'
    )


def _read_samples(samples: list, file: Path, options: ReaderOptions) -> Annotations:
    fields = _label_fields(samples)
    chosen = options.field
    if chosen is None and len(fields) > 1:
        raise ValueError(f'expected a choice of one field of labels of {file}: {fields}')
    chosen = chosen or (fields[0] if fields else None)
    if chosen not in fields:
        raise ValueError(f'expected {file} to have a field of labels {chosen!r}, but got {fields}')
    images = []
    for number, sample in enumerate(samples):
        place = f'{file}, sample {number}'
        name = sample.get('filepath') if isinstance(sample, dict) else None
        if not isinstance(name, str):
            raise ValueError(f'{place}: expected a filepath, but got {sample!r:.80}')
        value = sample.get(chosen)
        tags = sample['tags'] if isinstance(sample.get('tags'), list) else []
        splits = [SPLITS[tag] for tag in tags if isinstance(tag, str) and tag in SPLITS]
        images.append(
            ImageTags(
                name,
                place,
                NOTHING if value is None else frozenset(_sample_labels(value, place)),
                seen=value is not None,
                split=splits[0] if splits else None,
            )
        )
    return Annotations(images, (), [str(file.parent)])


def _label_fields(samples: list) -> list[str]:
    kinds = {_ONE, *_ITEMS}
    found: dict[str, None] = {}
    for sample in samples:
        for name, value in sample.items() if isinstance(sample, dict) else ():
            if _kind(value) in kinds:
                found[name] = None
    return list(found)


def _kind(value: Any) -> str | None:
    kind = value.get('_cls') if isinstance(value, dict) else None
    return kind if isinstance(kind, str) else None


def _sample_labels(value: Any, place: str) -> Iterator[str]:
    kind = _kind(value)
    items = [value] if kind == _ONE else (value.get(_ITEMS[kind]) if kind in _ITEMS else None)
    for item in items if isinstance(items, list) else [None]:
        label = item.get('label') if isinstance(item, dict) else None
        if not isinstance(label, str) or not label.strip():
            raise ValueError(f'{place}: expected labels with a name, but got {value!r:.80}')
        yield label.strip()


def _read_labels(content: dict, file: Path) -> Annotations:
    classes = content.get('classes')
    if classes is not None and not isinstance(classes, list):
        raise ValueError(f'expected classes of {file} to be a list, but got {classes!r:.80}')
    images = []
    for name, target in content['labels'].items():
        place = f'{file}, labels[{name!r}]'
        items = target if isinstance(target, list) else [target]
        present = [_name(item, classes, place) for item in items if item is not None]
        images.append(ImageTags(name, place, frozenset(present), seen=target is not None))
    categories = [name.strip() for name in classes or () if isinstance(name, str)]
    return Annotations(images, categories, [str(file.parent / 'data')], _with_suffix)


def _name(item: Any, classes: Sequence | None, place: str) -> str:
    label = item.get('label') if isinstance(item, dict) else item
    if classes is not None and isinstance(label, int) and 0 <= label < len(classes):
        label = classes[label]
    if not isinstance(label, str) or not label.strip():
        raise ValueError(f'{place}: expected a category or its number, but got {item!r:.80}')
    return label.strip()


def _with_suffix(name: str) -> list[str]:
    """The json names images without the end of their file names."""
    if os.path.splitext(name)[1].lower() in IMAGE_SUFFIXES:
        return [name]
    return [name, *(name + end for suffix in IMAGE_SUFFIXES for end in (suffix, suffix.upper()))]
