"""Multi-label datasets from COCO instance annotations (MS-COCO 2014, the embedded scenes)."""

from __future__ import annotations

import mmengine
import numpy as np
from mmpretrain.registry import DATASETS

from .label_matrix_dataset import LabelMatrixDataset


@DATASETS.register_module()
class CocoMultiLabel(LabelMatrixDataset):
    """Image-level labels of an instances json: a category is present if it has an annotation.

    Images stand in the json's order and images without any annotation are kept (all categories
    absent), as the published protocol has it. Categories are ordered by their id. Image files are
    not touched before they are loaded.

    Args:
        ann_file: The json, relative to ``data_root``.
        data_root: Root of annotations and images.
        data_prefix: ``dict(img_path=...)``, folder of the images.
        **kwargs: See :class:`mmpretrain.datasets.MultiLabelDataset`.

    Raises:
        FileNotFoundError: No such json.
        ValueError: No instances json, or annotations of unknown images or categories.
    """

    def load_annotations(self) -> tuple[list[str], np.ndarray, list[str]]:
        """Read the instances json; see the base class."""
        try:
            # Named like a pickle it would be loaded as one, code and all.
            content = mmengine.load(self.ann_file, file_format='json')
            images = [(image['id'], image['file_name']) for image in content['images']]
            categories = sorted((item['id'], item['name']) for item in content['categories'])
            instances = [(ann['image_id'], ann['category_id']) for ann in content['annotations']]
            rows = {image_id: row for row, (image_id, _) in enumerate(images)}
            columns = {category_id: column for column, (category_id, _) in enumerate(categories)}
        except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
            raise ValueError(
                f'expected {self.ann_file} to be a COCO instances json with images, annotations '
                f'and categories, but got {type(error).__name__}: {error}'
            ) from error
        labels = np.zeros((len(images), len(categories)), np.int8)
        try:
            cells = np.array([(rows[i], columns[c]) for i, c in instances], np.int64).reshape(-1, 2)
        except (KeyError, TypeError) as error:
            raise ValueError(
                f'{self.ann_file}: an annotation names an unknown image or category id: {error}'
            ) from error
        labels[cells[:, 0], cells[:, 1]] = 1
        return [name for _, name in images], labels, [name for _, name in categories]
