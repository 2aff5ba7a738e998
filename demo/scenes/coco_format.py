"""The annotations of a set of scenes in the format of COCO's instances files."""

from __future__ import annotations

from typing import Any

from demo.scenes.artwork import CREDITS, LICENSE_NAME, LICENSE_URL
from demo.scenes.catalog import THEMES
from demo.scenes.composer import SceneObject


def file_name(index: int) -> str:
    """Name of an image file.

    Args:
        index: Index of the image in its split.

    Returns:
        Name without folder.
    """
    return f'{index:06d}.jpg'


def to_coco(scenes: list[list[SceneObject]], image_size: int, description: str) -> dict[str, Any]:
    """Bring the objects of all images of a split into COCO's form; all ids count from 1.

    Args:
        scenes: Visible objects, one list per image.
        image_size: Side of the square images in pixels.
        description: What the set is, for the field `info`.

    Returns:
        Content of an instances json file.
    """
    annotations = [
        {
            'image_id': index + 1,
            'category_id': item.category + 1,
            'bbox': list(item.bbox),
            'area': item.area,
            'iscrowd': 0,
        }
        for index, objects in enumerate(scenes)
        for item in objects
    ]
    categories = [(theme.name, category.name) for theme in THEMES for category in theme.categories]
    size = {'width': image_size, 'height': image_size, 'license': 1}
    return {
        'info': {'description': description, 'credits': CREDITS},
        'licenses': [{'id': 1, 'name': LICENSE_NAME, 'url': LICENSE_URL}],
        'categories': [
            {'id': number, 'name': name, 'supercategory': theme}
            for number, (theme, name) in enumerate(categories, 1)
        ],
        'images': [
            {'id': index + 1, 'file_name': file_name(index), **size} for index in range(len(scenes))
        ],
        'annotations': [{'id': number, **item} for number, item in enumerate(annotations, 1)],
    }
