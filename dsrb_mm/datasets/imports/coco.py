"""COCO instances json files of any source."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from dsrb_mm.datasets.imports.annotations import Annotations, ImageTags, ReaderOptions
from dsrb_mm.datasets.readers import CocoMultiLabel


def read_coco(path: Path, options: ReaderOptions) -> Annotations:
    """Read a json of images, annotations and categories; see :func:`import_labels`.

    A category is present if it has an annotation.

    Raises:
        ValueError: What :class:`CocoMultiLabel` refuses.
    """
    reader = CocoMultiLabel(ann_file=str(path), lazy_init=True)
    names, labels, classes = reader.load_annotations()
    images = [
        ImageTags(
            name,
            f'{path}, image {row}',
            frozenset(classes[column].strip() for column in np.flatnonzero(labels[row])),
        )
        for row, name in enumerate(names)
    ]
    # As in the layout of COCO: annotations/instances_val2014.json beside val2014.
    beside = [path.parent, path.parent.parent]
    inner = [
        folder / name
        for folder in beside
        for name in ('images', path.stem.removeprefix('instances_'), 'data')
    ]
    return Annotations(images, [name.strip() for name in classes], [*map(str, beside + inner)])
