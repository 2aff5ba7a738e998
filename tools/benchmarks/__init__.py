"""Measurements of speed and memory for docs/benchmarks.md: ``python -m tools.benchmarks``."""

from tools.benchmarks.dense_form import DenseForm
from tools.benchmarks.measure import Timing, environment, interleaved, peak_memory
from tools.benchmarks.report import as_json, make_table
from tools.benchmarks.rows import Options, Row
from tools.benchmarks.suites import SUITES

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
