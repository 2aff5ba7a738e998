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
        classes: Category names; None takes those of the config's datasets, where the number of
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
    missing = None
    # The validation set comes first because it has fewer annotations to read, as a rule.
    for split in ('val', 'test', 'train'):
        loader = cfg.get(f'{split}_dataloader')
        if loader:
            try:
                return DATASETS.build(loader['dataset']).metainfo['classes']
            except FileNotFoundError as error:
                missing = error
    raise missing or ValueError(
        'the config leaves out model.head.num_classes and has no dataset to count the categories of'
    )
