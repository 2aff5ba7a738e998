"""Checkpoints: written in one step, read safely, resumed from the newest intact one."""

from .atomic_checkpoint_hook import AtomicCheckpointHook
from .plain_checkpoint_hook import PlainCheckpointHook
from .resume_hook import ResumeHook

__all__ = ['AtomicCheckpointHook', 'PlainCheckpointHook', 'ResumeHook']
