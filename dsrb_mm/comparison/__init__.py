"""Methods compared on one data set: the same masks, seeds and budget, and honest intervals."""

from .execution import Comparison
from .intervals import Difference, compare_to_baseline
from .plan import Setup, make_comparison
from .report import write_comparison
from .run_config import run_config
from .scores import RunScores

__all__ = [
    'Comparison',
    'Difference',
    'RunScores',
    'Setup',
    'compare_to_baseline',
    'make_comparison',
    'run_config',
    'write_comparison',
]
