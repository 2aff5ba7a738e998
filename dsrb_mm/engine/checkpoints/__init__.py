"""Checkpoints: written in one step, read safely, resumed from the newest intact one."""

from .atomic_checkpoint_hook import AtomicCheckpointHook
from .checkpoint_reading import guard_checkpoint_loader, load_plain_checkpoint
from .resume_hook import ResumeHook

__all__ = [
    'AtomicCheckpointHook',
    'ResumeHook',
    'guard_checkpoint_loader',
    'load_plain_checkpoint',
]
