"""Speed and memory: the measurements of docs/benchmarks.md (``python -m tools.benchmarks``)."""

from tools.benchmarks.measure import Timing, environment, interleaved, peak_memory
from tools.benchmarks.report import as_json, make_table
from tools.benchmarks.rows import Options, Row
from tools.benchmarks.suites import SUITES

__all__ = [
    'SUITES',
    'Options',
    'Row',
    'Timing',
    'as_json',
    'environment',
    'interleaved',
    'make_table',
    'peak_memory',
]
