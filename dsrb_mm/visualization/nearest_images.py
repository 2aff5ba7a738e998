"""Which training images stand nearest to each location prototype."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
import torch
from mmengine.config import Config
from mmengine.model import BaseModel
from mmengine.runner import Runner
from rich.progress import track
from torch import Tensor
from torch.nn.functional import cosine_similarity
from torch.utils.data import Subset

from dsrb_mm.datasets.config_data import ConfigData, loader_settings
from dsrb_mm.models.complements.prototype_bank import PrototypeBank


def prototype_bank(model: BaseModel) -> PrototypeBank:
    """The prototypes of a trained model.

    Raises:
        ValueError: It has none, or they were never computed.
    """
    bank = next((part for part in model.modules() if isinstance(part, PrototypeBank)), None)
    if bank is None:
        raise ValueError('the model has no prototypes: none of its parts holds a PrototypeBank')
    if not bank.available.any():
        raise ValueError(
            'the checkpoint has no prototypes: training ended before the epoch in which they are '
            'first computed (begin of the complement that holds them)'
        )
    return bank


def prototype_similarity(
    features: Tensor, quadrant: Tensor, labels: Tensor, bank: PrototypeBank
) -> pd.DataFrame:
    """Cosine of known positives with the prototype of the quadrant they are seen in.

    Args:
        features: Category features.
        quadrant: Quadrant of each category's peak.
        labels: Known labels.
        bank: Prototypes.

    Returns:
        A row for each known positive: columns row (in the batch), category (index), quadrant,
        similarity.

    Shape:
        features (B, C, D), quadrant (B, C) in 0..3, labels (B, C) in {1, 0, -1}.
    """
    rows, categories = torch.nonzero(labels == 1, as_tuple=True)
    places = quadrant[rows, categories]
    similarity = cosine_similarity(
        features[rows, categories].float(), bank.prototypes[categories, places].float(), dim=-1
    )
    columns = dict(row=rows, category=categories, quadrant=places, similarity=similarity)
    return pd.DataFrame({name: column.cpu().numpy() for name, column in columns.items()})


@torch.no_grad()
def find_members(
    model: BaseModel, data: ConfigData, cfg: Config, categories: Sequence[int]
) -> pd.DataFrame:
    """Pass the known positives of some categories through the model.

    Args:
        model: Model in evaluation mode, with prototypes.
        data: Training set, with a pipeline without augmentation.
        cfg: Its data loader says batch size and workers.
        categories: Indices of the categories; images without any of them are not loaded.

    Returns:
        Columns image (index in ``data``), category, quadrant, similarity, the nearest first.
    """
    bank = prototype_bank(model)
    wanted = np.zeros(data.labels.shape[1], bool)
    wanted[list(categories)] = True
    labels = np.where(wanted, data.labels, -1)
    images = np.flatnonzero((labels == 1).any(1))
    columns = ['image', 'category', 'quadrant', 'similarity']
    if not len(images):
        return pd.DataFrame(columns=columns)
    loader = Runner.build_dataloader(
        dict(loader_settings(cfg), dataset=Subset(data.samples, images.tolist()))
    )
    tables, start = [], 0
    for batch in track(loader, 'looking for the nearest images', transient=True):
        inputs = model.data_preprocessor(batch, False)['inputs']
        feats = model.extract_feat(inputs)
        members = images[start : start + len(inputs)]
        start += len(inputs)
        known = torch.from_numpy(labels[members]).to(inputs.device)
        head = model.head
        features, quadrant = head.category_features(feats), head.locations(feats)
        table = prototype_similarity(features, quadrant, known, bank)
        tables.append(table.assign(image=members[table['row']]))
    found = pd.concat(tables, ignore_index=True)[columns]
    return found.sort_values('similarity', ascending=False, kind='stable', ignore_index=True)
