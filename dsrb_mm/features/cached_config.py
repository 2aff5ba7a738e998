"""From a config that trains on a frozen backbone to one that trains on its cached features."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope

from dsrb_mm.datasets.cached_images import DETERMINISTIC
from dsrb_mm.datasets.config_data import SPLITS, has_split, innermost_of_splits, loader_settings
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features.extraction import FeatureExtractor
from dsrb_mm.fileio.array_store import ARRAYS
from dsrb_mm.models.backbones.feature_input import weights_digest

FOLDER = 'work_dirs/features'
# Steps of a pipeline that give the same for an image every time.
_DETERMINISTIC = (*DETERMINISTIC, 'LoadCachedImage', 'Normalize', 'PackInputs')
# Arguments of a data preprocessor that act on the pixels.
_OF_PIXELS = ('mean', 'std', 'to_rgb', 'pad_size_divisor', 'pad_value')


def is_cached(cfg: Config) -> bool:
    """Whether a config is one that :func:`use_cached_features` gave."""
    return cfg.model.backbone.get('type') == 'FeatureInput'


def refusal(cfg: Config) -> str | None:
    """Why the features of a config cannot be cached; None if they can.

    They can where the backbone is a ``FrozenBackbone``, and every image is the same at every epoch.
    """
    kind = cfg.model.backbone.get('type')
    if kind != 'FrozenBackbone':
        return f'the backbone is trained: expected model.backbone to be FrozenBackbone, not {kind}'
    if cfg.get('load_from'):
        return 'load_from could change the weights of the backbone; name them in its init_cfg'
    if (cfg.model.get('train_cfg') or {}).get('augments'):
        return 'model.train_cfg.augments mixes images at random'
    for split, dataset in innermost_of_splits(cfg):
        steps = [str(step.get('type')) for step in dataset.get('pipeline') or ()]
        unknown = [step for step in steps if step not in _DETERMINISTIC]
        if unknown:
            return (
                f'the {split} pipeline has steps that are random, or not known to give the same '
                f'every time: {", ".join(unknown)}. Known are {", ".join(_DETERMINISTIC)}'
            )
        if not steps or steps[-1] != 'PackInputs':
            return f'the {split} pipeline does not end with PackInputs, but with {steps[-1:]}'
    return None


def cached_where_possible(cfg: Config, splits: Sequence[str] = SPLITS) -> Config:
    """A config on cached features (:func:`use_cached_features`), or itself if it refuses them."""
    return cfg if refusal(cfg) is not None else use_cached_features(cfg, splits=splits)


def use_cached_features(
    cfg: Config,
    folder: str | Path = FOLDER,
    keep_backbone: bool = True,
    splits: Sequence[str] = SPLITS,
) -> Config:
    """Config of the same training on feature maps that are read from disk.

    Maps that are not there yet are computed first. Labels, masks of known labels, ``sample_idx``
    and the order of samples stay the same, and so do losses up to the half precision of the maps.

    Args:
        cfg: Config with a ``FrozenBackbone`` and pipelines without a random step. One that reads
            cached features already is copied as it is, less the backbone if that is not to be kept.
        folder: Where the maps of all configs lie, each data set in a folder named by a hash of the
            backbone, its weights, the pipeline and the image files with size and time of change.
        keep_backbone: Whether the model still holds the backbone, so that a checkpoint fits the
            given config as well.
        splits: Those that will be read; no map of the others is computed.

    Returns:
        The changed copy. Its data is loaded without workers, which would cost more than they load.

    Raises:
        ValueError: The features cannot be cached; the message says why.
        FileNotFoundError: Annotations, images or weights are missing.
        OSError: The disk lacks the space.

    Example:
        >>> cfg = use_cached_features(Config.fromfile('configs/bce_scenes_p50.py'))
        >>> Runner.from_cfg(cfg).train()
    """
    if is_cached(cfg):
        cfg = copy.deepcopy(cfg)
        if not keep_backbone:
            cfg.model.backbone.update(backbone=None, weights=None)
        return cfg
    reason = refusal(cfg)
    if reason is not None:
        raise ValueError(f'the features of this config cannot be cached: {reason}')
    init_default_scope(cfg.get('default_scope') or 'mmpretrain')
    cfg = copy.deepcopy(cfg)
    complete_model(cfg)
    preprocessor = _preprocessor(cfg)
    settings = loader_settings(cfg)
    loader = {name: settings[name] for name in ('batch_size', 'num_workers') if name in settings}
    extractor = FeatureExtractor(cfg.model.backbone, preprocessor, Path(folder), loader)
    # A config's test_dataloader may be its val_dataloader, the very same object.
    read = {id(dataset): dataset for _, dataset in innermost_of_splits(cfg, splits)}
    shapes = [_read_maps(extractor, dataset) for dataset in read.values()]
    kept = {}
    if keep_backbone:
        # The backbone proper, as it is called in checkpoints.
        digest = weights_digest(extractor.backbone.backbone)
        kept = dict(backbone=cfg.model.backbone.backbone, weights=digest)
    cfg.model.backbone = dict(type='FeatureInput', channels=shapes[0][0], **kept)
    cfg.model.data_preprocessor = {k: v for k, v in preprocessor.items() if k not in _OF_PIXELS}
    for split in splits:
        if has_split(cfg, split):
            loader = cfg[f'{split}_dataloader']
            loader.update(num_workers=0, persistent_workers=False)
            loader.pop('prefetch_factor', None)
    return cfg


def stores_of(cfg: Config) -> set[Path]:
    """Files of maps that a config on cached features reads."""
    first = [dataset['pipeline'][0] for _, dataset in innermost_of_splits(cfg)]
    return {Path(step['folder'], ARRAYS) for step in first}


def _read_maps(extractor: FeatureExtractor, dataset: dict) -> tuple[int, ...]:
    """Let a data set read its maps; returns their shape."""
    folder, shape = extractor.store_of(dataset)
    pack = dataset['pipeline'][-1]
    key = pack.get('input_key', 'img')
    dataset['pipeline'] = [dict(type='LoadCachedFeature', folder=str(folder), key=key), pack]
    return shape


def _preprocessor(cfg: Config) -> dict:
    """Config of the data preprocessor, as the runner and the model put it together."""
    found = cfg.model.get('data_preprocessor') or cfg.get('data_preprocessor') or {}
    return dict(dict(type='ClsDataPreprocessor'), **copy.deepcopy(dict(found)))
