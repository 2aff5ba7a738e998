"""DSRB for MMPretrain: multi-label image recognition when most labels are missing.

Importing the package registers its models, datasets, hooks and metrics in MMPretrain's registries,
and weights of packages (``package://``) with MMEngine's loader of checkpoints; a config does so
with ``custom_imports = dict(imports=['dsrb_mm'])``. It changes nothing else in the process.
"""

import warnings

from .dependencies import check_dependencies

check_dependencies()

with warnings.catch_warnings():
    # mmcv-lite tells everybody who imports it to install mmcv; nothing here needs what it lacks.
    warnings.filterwarnings('ignore', 'Fail to import ``MultiScaleDeformableAttention``')
    from . import datasets, engine, evaluation, features, models
from .version import __version__  # noqa: E402

__all__ = [
    '__version__',
    'datasets',
    'engine',
    'evaluation',
    'features',
    'load',
    'models',
    'train',
]


def __getattr__(name: str) -> object:
    # Looked up late: a training in a config needs neither.
    if name in ('load', 'train'):
        from dsrb_mm import workflow

        return getattr(workflow, name)
    raise AttributeError(f'module {__name__!r} has no attribute {name!r}')
