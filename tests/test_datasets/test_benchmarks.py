import re
from pathlib import Path

import pytest
from mmengine.config import Config
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.benchmarks import (
    BENCHMARKS,
    expected_data,
    find_benchmark,
    find_test_set,
)
from dsrb_mm.datasets.wrappers import innermost_configs

CONFIGS = Path(__file__).resolve().parents[2] / 'configs/_base_/datasets'
VARIABLE = re.compile(r'[A-Z]+_ROOT')


@pytest.mark.parametrize('entry', BENCHMARKS, ids=lambda entry: entry.name)
def test_entries_fit_readers_and_configs(entry):
    assert DATASETS.get(entry.dataset_type) is not None
    files = [file for file in CONFIGS.glob('*.py') if entry.root_variable in file.read_text()]
    (config,) = [Config.fromfile(file) for file in files]
    for split in ('train', 'val'):
        (dataset,) = innermost_configs(config[f'{split}_dataloader'].dataset)
        assert dataset.type == entry.dataset_type
        assert find_test_set(dataset) == (entry if entry.test_set and split == 'val' else None)
    assert set(VARIABLE.findall(files[0].read_text())) == {entry.root_variable}


def test_published_averages():
    coco = find_benchmark('CocoMultiLabel', 80)
    assert (coco.name, coco.images['train']) == ('MS-COCO 2014', 82_783)
    assert coco.published_average('DSRB') == coco.published_average('dsrb') == 78.4
    assert coco.published_average('other') is None
    assert find_benchmark('CocoMultiLabel', 48).average_map == {}
    assert find_benchmark('CocoMultiLabel', 7) is None
    compared = [entry for entry in BENCHMARKS if entry.average_map]
    assert len(compared) == 3
    for entry in compared:
        assert entry.source
        assert max(entry.average_map, key=entry.average_map.__getitem__) == 'SR'
    # A sweep finds them by what the configs call the methods.
    names = {Config.fromfile(file).method for file in CONFIGS.parent.glob('methods/*.py')}
    assert {name for entry in compared for name in entry.average_map} <= names


def test_expected_data():
    text = expected_data('CocoMultiLabel', 'data/coco/')
    assert 'data/coco/train2014/*.jpg' in text and 'demo.make_scenes' in text
    assert 'COCO_ROOT (MS-COCO 2014) or SCENES_ROOT (embedded scenes)' in text
    assert expected_data('ImageNet', 'x') is None
