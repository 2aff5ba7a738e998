"""Hooks of the training loop, registered in MMPretrain."""

from . import hooks

__all__ = ['hooks']
