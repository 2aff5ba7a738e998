import json

import numpy as np
from mmpretrain.registry import DATASETS

from tools.benchmarks.loading_files import write_instances_json, write_label_csv


def test_made_up_csv_is_read(tmp_path):
    write_label_csv(tmp_path / 'a.csv', 300, 20)
    dataset = DATASETS.build(
        dict(
            type='CSVMultiLabel',
            ann_file=str(tmp_path / 'a.csv'),
            split_column='split',
            split='train',
            check_images=False,
        )
    )
    labels = dataset.label_matrix()
    assert labels.shape == (300, 20)
    assert 0.45 < (labels >= 0).mean() < 0.55
    assert 0.01 < (labels == 1).sum() / (labels >= 0).sum() < 0.07


def test_made_up_json_is_read(tmp_path):
    write_instances_json(tmp_path / 'a.json', 50, 200, 8)
    content = json.loads((tmp_path / 'a.json').read_text())
    dataset = DATASETS.build(dict(type='CocoMultiLabel', ann_file=str(tmp_path / 'a.json')))
    pairs = {(a['image_id'], a['category_id']) for a in content['annotations']}
    assert len(content['annotations']) == 200
    assert set(map(tuple, np.argwhere(dataset.label_matrix() == 1).tolist())) == pairs
