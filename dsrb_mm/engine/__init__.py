"""Hooks of the training loop, registered in MMPretrain."""

from . import checkpoints, hooks

__all__ = ['checkpoints', 'hooks']
