"""How fast and how large: the measurements of docs/benchmarks.md, run by tools/benchmark.py."""

from .dense_form import DenseForm
from .measure import Timing, environment, interleaved, peak_memory
from .report import as_json, make_table
from .rows import Options, Row
from .suites import SUITES

__all__ = [
    'SUITES',
    'DenseForm',
    'Options',
    'Row',
    'Timing',
    'as_json',
    'environment',
    'interleaved',
    'make_table',
    'peak_memory',
]
