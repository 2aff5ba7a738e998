"""Filling in missing labels with a trained model: thresholds, decisions, ranking, report."""

from .category_thresholds import SCOPES, CategoryThresholds, fit_thresholds
from .completed_labels import write_completed, write_scores
from .label_tables import write_table
from .ranking import ORDERS, VALUES, binary_entropy, rank_open_entries
from .recovery import measure_recovery
from .report import build_report, report_tables
from .run import Completion, HeldOut, complete, fill_in
from .score_table import ScoreTable
from .thresholds import Threshold, TrustRule
from .tradeoff import measure_tradeoff

__all__ = [
    'ORDERS',
    'SCOPES',
    'VALUES',
    'CategoryThresholds',
    'Completion',
    'HeldOut',
    'ScoreTable',
    'Threshold',
    'TrustRule',
    'binary_entropy',
    'build_report',
    'complete',
    'fill_in',
    'fit_thresholds',
    'measure_recovery',
    'measure_tradeoff',
    'rank_open_entries',
    'report_tables',
    'write_completed',
    'write_scores',
    'write_table',
]
