"""A trained model judged on held-out images: one static page, and the figures behind it."""

from .bootstrap import Interval, bootstrap_figures
from .calibrating import calibrate_checkpoint
from .figures import build_figures
from .judged import Judged, judge
from .mistakes import find_confusions, worst_mistakes
from .page import render_page
from .writing import report_files, write_report

__all__ = [
    'Interval',
    'Judged',
    'bootstrap_figures',
    'build_figures',
    'calibrate_checkpoint',
    'find_confusions',
    'judge',
    'render_page',
    'report_files',
    'worst_mistakes',
    'write_report',
]
