"""Training and testing under several masks of known labels, in one command."""

from .execution import check_data, execute, run_sweep
from .known_labels import PROPORTIONS, KnownLabels
from .plan import CHECKPOINTS, LAUNCHERS, Launch, Run, make_plan, method_name
from .processes import RunFailed, end_leftovers, run_command
from .report import averages, collect, markdown, plot, published_average, write_report
from .state import last_checkpoint, locked, read_metrics, read_state, status, write_state

__all__ = [
    'CHECKPOINTS',
    'LAUNCHERS',
    'PROPORTIONS',
    'KnownLabels',
    'Launch',
    'Run',
    'RunFailed',
    'averages',
    'check_data',
    'collect',
    'end_leftovers',
    'execute',
    'last_checkpoint',
    'locked',
    'make_plan',
    'markdown',
    'method_name',
    'plot',
    'published_average',
    'read_metrics',
    'read_state',
    'run_command',
    'run_sweep',
    'status',
    'write_report',
    'write_state',
]
