"""Multi-label datasets from COCO instance annotations (MS-COCO 2014, the embedded scenes)."""

from __future__ import annotations

from collections import Counter
from reprlib import repr as short_repr
from typing import Any

import numpy as np
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.readers.label_matrix_dataset import LabelMatrixDataset
from dsrb_mm.fileio.annotation_files import read_json

# Of every object in the json only these are kept, as it is read: outlines take most of the file.
_KEPT = ('id', 'file_name', 'name', 'image_id', 'category_id', 'images', 'categories')
_SCALARS = (int, float, str)  # what an id may be


def _slim(item: dict) -> dict:
    if 'image_id' in item:
        return {key: item[key] for key in ('image_id', 'category_id') if key in item}
    return {key: item[key] for key in (*_KEPT, 'annotations') if key in item}


@DATASETS.register_module()
class CocoMultiLabel(LabelMatrixDataset):
    """Image-level labels of an instances json: a category is present if it has an annotation.

    Images stand in the json's order and images without any annotation are kept (all categories
    absent), as the published protocol has it. Categories are ordered by their id, or by ``classes``
    where that is given. Image files are not touched before they are loaded.

    Args:
        ann_file: The json, relative to ``data_root``.

    Keyword Args:
        data_root (str): Root of annotations and images.
        data_prefix (str | dict): Folder, or ``dict(img_path=FOLDER)``, of the images.
        classes (str | Sequence[str]): Categories to read, in this order.
        pipeline (Sequence[dict]): Transforms; what else MMPretrain's datasets take.

    Raises:
        FileNotFoundError: No such json.
        ValueError: No instances json, repeated ids, annotations of unknown images or categories, or
            ``classes`` that the json does not have; file and entry are named.
    """

    def load_annotations(self) -> tuple[list[str], np.ndarray, list[str]]:
        """Read the instances json; see the base class."""
        content = read_json(self.ann_file, _slim)
        if not isinstance(content, dict):
            raise ValueError(
                f'expected {self.ann_file} to be a COCO instances json, but got '
                f'{short_repr(content)}'
            )
        images = self._named(content, 'images', 'file_name')
        categories = self._named(content, 'categories', 'name')
        # Ids are numbers in COCO; a file whose ids are text, or some of them, is ordered too.
        ordered = sorted(categories, key=lambda key: (isinstance(key, str), key))
        classes = [categories[key] for key in ordered]
        repeated = sorted(name for name, count in Counter(classes).items() if count > 1)
        if repeated:
            raise ValueError(f'{self.ann_file}: categories named more than once: {repeated[:5]}')
        rows = {key: row for row, key in enumerate(images)}
        columns = {key: column for column, key in enumerate(ordered)}
        labels = np.zeros((len(rows), len(columns)), np.int8)
        for index, item in enumerate(self._list(content, 'annotations')):
            image, category = self._fields(item, index, 'annotations', 'image_id', 'category_id')
            if image not in rows or category not in columns:
                raise ValueError(
                    f'{self.ann_file}: annotations[{index}] names an unknown image or category '
                    f'id: image {short_repr(image)}, category {short_repr(category)}'
                )
            labels[rows[image], columns[category]] = 1
        return list(images.values()), labels, classes

    def _list(self, content: dict, key: str) -> list:
        items = content.get(key)
        if not isinstance(items, list):
            raise ValueError(
                f'expected {self.ann_file} to be a COCO instances json with a list of {key}, but '
                f'got {short_repr(items)}'
            )
        return items

    def _fields(self, item: Any, index: int, kind: str, *names: str) -> list:
        values = [item.get(name) if isinstance(item, dict) else None for name in names]
        if not all(isinstance(value, _SCALARS) for value in values):
            raise ValueError(
                f'expected {kind}[{index}] of {self.ann_file}, a COCO instances json, to have '
                f'{" and ".join(names)}, but got {short_repr(item)}'
            )
        return values

    def _named(self, content: dict, kind: str, field: str) -> dict[Any, str]:
        """Names by id, in the json's order."""
        found: dict[Any, str] = {}
        for index, item in enumerate(self._list(content, kind)):
            key, name = self._fields(item, index, kind, 'id', field)
            if not isinstance(name, str) or not name.strip() or '\0' in name:
                raise ValueError(
                    f'expected {field} of {kind}[{index}] of {self.ann_file} to be a name, but got '
                    f'{short_repr(name)}'
                )
            if key in found:
                raise ValueError(
                    f'{self.ann_file}: {kind}[{index}] has the id {short_repr(key)} of another'
                )
            found[key] = name
        return found
