"""Annotation files of large data sets, made up: names and labels, no images."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

POSITIVE_RATE = 0.036  # of MS-COCO 2014: 2.9 of 80 categories
_ROWS = 10_000  # written at a time


def write_label_csv(
    path: Path, num_images: int, num_classes: int, known_proportion: float = 0.5
) -> None:
    """A CSV of half-filled labels as :class:`CSVMultiLabel` reads it.

    Args:
        path: File to write.
        num_images: Rows.
        num_classes: Category columns.
        known_proportion: Proportion of cells that are not empty.
    """
    rng = np.random.default_rng(0)
    # A cell is a comma and 1, 0 or nothing; the nothing is dropped from the row's bytes.
    cell = np.frombuffer(b'10\0', np.uint8)
    with path.open('wb') as file:
        names = ','.join(f'category {c}' for c in range(num_classes))
        file.write(f'path,split,{names}\n'.encode())
        for start in range(0, num_images, _ROWS):
            shape = (min(_ROWS, num_images - start), num_classes)
            code = (rng.random(shape, np.float32) >= POSITIVE_RATE).astype(np.uint8)
            code[rng.random(shape, np.float32) >= known_proportion] = 2
            text = np.full((*shape, 2), ord(','), np.uint8)
            text[..., 1] = cell[code]
            for row, line in enumerate(text.reshape(len(text), -1), start):
                labels = line.tobytes().replace(b'\0', b'')
                file.write(b'%012d.jpg,train' % row + labels + b'\n')


def write_instances_json(
    path: Path, num_images: int, num_instances: int, num_classes: int = 80
) -> None:
    """An instances json with boxes and outlines, whose objects are as large as COCO's.

    Args:
        path: File to write.
        num_images: Images.
        num_instances: Annotations, spread evenly at random.
        num_classes: Categories.
    """
    rng = np.random.default_rng(0)
    images = [
        dict(
            id=i,
            file_name=f'COCO_train2014_{i:012d}.jpg',
            width=640,
            height=480,
            license=1,
            date_captured='2013-11-14 16:28:13',
            coco_url=f'http://images.cocodataset.org/train2014/COCO_train2014_{i:012d}.jpg',
        )
        for i in range(num_images)
    ]
    categories = [dict(id=c, name=f'category {c}', supercategory='x') for c in range(num_classes)]
    with path.open('w', encoding='utf-8') as file:
        file.write(f'{{"images": {json.dumps(images)}, "categories": {json.dumps(categories)}, ')
        file.write('"annotations": [')
        for index in range(num_instances):
            outline = (rng.integers(0, 64_000, 50) / 100).tolist()  # 25 points, as in COCO's mean
            item = dict(
                segmentation=[outline],
                area=702.1057499999998,
                iscrowd=0,
                image_id=int(rng.integers(num_images)),
                bbox=outline[:4],
                category_id=int(rng.integers(num_classes)),
                id=index,
            )
            file.write((', ' if index else '') + json.dumps(item))
        file.write(']}')
