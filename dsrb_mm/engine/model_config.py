"""Numbers of a config's model that its data tells."""

from __future__ import annotations

from collections.abc import Sequence

from mmengine.config import Config
from mmengine.registry import init_default_scope
from mmpretrain.registry import DATASETS

from dsrb_mm.models.model_sizes import fill_in_sizes


def complete_model(cfg: Config, classes: Sequence[str] | None = None) -> None:
    """Fill in the numbers of categories and channels that the model of a config leaves out.

    ``tools/train.py`` and the other tools call it; call it before ``Runner.from_cfg(cfg)`` in a
    script of your own.

    Args:
        cfg: Config; ``cfg.model`` is changed in place.
        classes: Category names; None reads them from the config's first dataset, if the number of
            categories is left out at all.

    Raises:
        ValueError: There is no dataset to read, or the backbone does not tell its channels.
        FileNotFoundError: Annotations are missing.

    Example:
        >>> cfg = Config.fromfile('configs/dsrb_csv.py')
        >>> complete_model(cfg, classes=['cat', 'dog'])
        >>> cfg.model.head.num_classes
        2
    """
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')

    def count_classes() -> int:
        return len(classes if classes is not None else _read_classes(cfg))

    fill_in_sizes(cfg.model, count_classes)


def _read_classes(cfg: Config) -> Sequence[str]:
    for split in ('train', 'val', 'test'):
        loader = cfg.get(f'{split}_dataloader')
        if loader:
            return DATASETS.build(loader['dataset']).metainfo['classes']
    raise ValueError('the config leaves out model.head.num_classes, and has no dataset to count in')
