"""Filling in missing labels with a trained model: thresholds, decisions, ranking, report."""

from .category_thresholds import SCOPES, CategoryThresholds, fit_thresholds
from .label_tables import label_table, score_table, write_table
from .ranking import ORDERS, binary_entropy, rank_open_entries
from .recovery import measure_recovery
from .report import build_report, report_tables
from .run import Completion, complete, fill_in
from .thresholds import Threshold, TrustRule

__all__ = [
    'ORDERS',
    'SCOPES',
    'CategoryThresholds',
    'Completion',
    'Threshold',
    'TrustRule',
    'binary_entropy',
    'build_report',
    'complete',
    'fill_in',
    'fit_thresholds',
    'label_table',
    'measure_recovery',
    'rank_open_entries',
    'report_tables',
    'score_table',
    'write_table',
]
