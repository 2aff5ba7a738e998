"""What all commands of ``dsrb`` share."""

from __future__ import annotations

import warnings

from rich.console import Console

from dsrb_mm.engine.hooks.console_hook import quiet_loggers

# Errors of the library that are about what a user gave: one line, and no traceback.
WRONG_INPUT = (ValueError, FileExistsError, ImportError)


def quiet_console() -> Console:
    """Where results go; what libraries warn of goes to their logs alone."""
    warnings.filterwarnings('ignore')
    quiet_loggers()
    return Console(markup=False, highlight=False)
