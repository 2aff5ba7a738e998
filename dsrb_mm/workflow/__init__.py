"""From labels to decisions without writing a config: what the ``dsrb`` command does."""

from .earlier_training import has_training
from .quiet_runner import QuietRunner
from .recipes import RECIPES, compose, method_names
from .training import import_into, train
from .training_config import make_config, read_labels
from .work_dir import CONFIG, LABELS, find_checkpoint, find_config, load

__all__ = [
    'CONFIG',
    'LABELS',
    'RECIPES',
    'QuietRunner',
    'compose',
    'find_checkpoint',
    'find_config',
    'has_training',
    'import_into',
    'load',
    'make_config',
    'method_names',
    'read_labels',
    'train',
]
