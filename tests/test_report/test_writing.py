"""From config and checkpoint to the page, and a calibration for an old checkpoint."""

import json

import numpy as np
import pytest
from helpers.data import random_labels, write_csv
from helpers.inference import CLASSES, PIPELINE, small_config, write_checkpoint, write_config
from helpers.tools import load_main

from dsrb_mm.apis import MultiLabelInferencer
from dsrb_mm.calibration import NEVER
from dsrb_mm.report import calibrate_checkpoint, write_report
from dsrb_mm.report.thumbnails import thumbnail


@pytest.fixture(scope='module')
def case(tmp_path_factory):
    """Folder, config, checkpoint without a calibration, and labels of 40 validation images."""
    root = tmp_path_factory.mktemp('report')
    labels = random_labels(40, 4)
    labels[np.random.default_rng(0).random(labels.shape) < 0.2] = -1
    write_csv(root / 'labels.csv', labels, CLASSES, ['val'] * 40)
    cfg = small_config('dsrb')
    data = dict(
        type='CSVMultiLabel', data_root=str(root), ann_file='labels.csv',
        data_prefix=dict(img_path='images'), split_column='split', split='val',
        pipeline=PIPELINE, test_mode=True,
    )  # fmt: skip
    cfg.val_dataloader = dict(
        batch_size=16, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
        collate_fn=dict(type='default_collate'),
        dataset=dict(type='PartialLabelDataset', dataset=data),
    )  # fmt: skip
    cfg.test_dataloader = cfg.val_dataloader
    write_checkpoint(cfg, root / 'a.pth')
    return root, cfg, root / 'a.pth', labels


def test_page_and_every_figure_of_it(case):
    root, cfg, checkpoint, labels = case
    page = write_report(cfg, checkpoint, root / 'out', device='cpu', resamples=10, mistakes=3)
    figures = json.loads((root / 'out' / 'metrics.json').read_text())
    assert figures['decisions'] == '0.5'
    assert figures['images'] == dict(
        name='validation images',
        number=40,
        known=int((labels >= 0).sum()),
        present=int((labels == 1).sum()),
    )
    text = page.read_text()
    for figure in figures['headline']:
        assert figure['name'] in text and f'{figure["value"]:.1f}' in text
    shown = sum(len(found) for found in figures['mistakes'].values())
    (mistake, *_) = figures['mistakes']['missed']
    result = MultiLabelInferencer(cfg, checkpoint, 'cpu')(mistake['path'], progress=False)[0]
    score = result['pred_scores'][mistake['category_index']]
    assert score == pytest.approx(mistake['score'], abs=1e-5)
    # The image and its attention, for missed categories as well.
    assert shown > 3 and text.count('data:image/jpeg') == 2 * shown
    assert 'http' not in text.replace('http://www.w3.org', '').replace('http-equiv', '')


def test_a_broken_image_does_not_stop_the_page(tmp_path):
    (tmp_path / 'a.jpg').write_bytes(b'no image')
    assert thumbnail(str(tmp_path / 'a.jpg')) is None
    assert thumbnail(str(tmp_path / 'none.jpg')) is None


def test_tools_calibrate_and_report(case, tmp_path, capsys, monkeypatch):
    root, cfg, checkpoint, labels = case
    config = write_config(cfg, tmp_path / 'mine.py')
    copy = tmp_path / 'b.pth'
    copy.write_bytes(checkpoint.read_bytes())
    expected = calibrate_checkpoint(cfg, copy, device='cpu')
    assert expected.images == 40 and expected.positives == tuple((labels == 1).sum(0))
    load_main('calibrate')([str(config), str(copy), '--device', 'cpu'])
    assert 'thresholds (f1) of 4 categories from 40 images' in capsys.readouterr().out
    assert MultiLabelInferencer(cfg, copy, 'cpu').calibration == expected
    options = [config, copy, '--out', tmp_path / 'out', '--device', 'cpu', '--mistakes', 1]
    load_main('report')([str(option) for option in options])
    assert capsys.readouterr().out.strip().endswith(str(tmp_path / 'out' / 'report.html'))
    figures = json.loads((tmp_path / 'out' / 'metrics.json').read_text())
    assert figures['decisions'] == 'cross-validated'  # the images of its fit
    with pytest.raises(ValueError, match='nothing would ever be predicted'):  # random weights
        calibrate_checkpoint(cfg, copy, precision=0.9, device='cpu')
    with pytest.raises(ValueError, match='precision'):
        calibrate_checkpoint(cfg, copy, precision=0.2)
    found = np.array([0.75, *[np.inf] * 3])
    monkeypatch.setattr('dsrb_mm.report.calibrating.values', lambda thresholds: found)
    strict = calibrate_checkpoint(cfg, copy, precision=0.5, device='cpu')
    assert strict.rule == 'precision 0.5'
    assert strict.thresholds == (0.75, NEVER, NEVER, NEVER)
