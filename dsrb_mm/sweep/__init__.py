"""Training and testing over all proportions of known labels, in one command."""

from .execution import RunFailed, execute, locked, read_metrics, run_sweep
from .plan import LAUNCHERS, PROPORTIONS, Launch, Run, make_plan
from .report import averages, collect, markdown, plot, published_average, write_report

__all__ = [
    'LAUNCHERS',
    'PROPORTIONS',
    'Launch',
    'Run',
    'RunFailed',
    'averages',
    'collect',
    'execute',
    'locked',
    'make_plan',
    'markdown',
    'plot',
    'published_average',
    'read_metrics',
    'run_sweep',
    'write_report',
]
