"""Registries of this package, beside those of MMPretrain that it extends."""

from mmengine.registry import Registry

# Configs are built in MMPretrain's scope, so the registry is found there.
MASKS = Registry('label mask', scope='mmpretrain', locations=['dsrb_mm.datasets.masks'])
"""Protocols of hiding labels (:class:`~dsrb_mm.datasets.masks.LabelMask`)."""
