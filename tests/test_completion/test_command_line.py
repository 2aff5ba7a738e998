"""tools/complete_labels.py in this process: from labels to labels, and what can go wrong."""

import importlib.util
import json
import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import torch
from mmengine.config import Config
from mmengine.runner import Runner

from .conftest import CLASSES, make_config

ROOT = Path(__file__).resolve().parents[2]
EASY = ('--precision', '0.5', '--confidence', '0.5', '--min-support', '2', '--max-missed', '1')


@pytest.fixture
def main(monkeypatch, trained, tmp_path):
    """Run the tool on the trained model; outputs go to the test's own folder."""
    spec = importlib.util.spec_from_file_location('tool', ROOT / 'tools/complete_labels.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    root = trained[0]

    def run(*more, config=root / 'config.py', checkpoint=root / 'w/epoch_2.pth', out='done.csv'):
        arguments = [config, checkpoint, '--out', tmp_path / out, '--device', 'cpu', *more]
        monkeypatch.setattr(sys, 'argv', ['complete_labels.py', *map(str, arguments)])
        module.main()

    return run


def test_labels_go_round(main, trained, tmp_path, capsys):
    root, labels, _ = trained
    files = {name: tmp_path / f'{name}.csv' for name in ('rank', 'scores')}
    main(
        *EASY,
        *('--rank-out', files['rank'], '--scores-out', files['scores']),
        *('--report', tmp_path / 'r/report.json'),
    )
    assert str(root / 'images') in capsys.readouterr().out
    # The file takes the place of the old one: the same rows and columns, read by the same options.
    old, new = (pd.read_csv(file) for file in (root / 'labels.csv', tmp_path / 'done.csv'))
    assert new.columns.equals(old.columns) and new.path.equals(old.path)
    cfg = make_config(root, tmp_path / 'w', tmp_path / 'done.csv', epochs=1)
    runner = Runner.from_cfg(cfg)
    completed = runner.train_dataloader.dataset.label_matrix()
    assert (completed[labels[:12] >= 0] == labels[:12][labels[:12] >= 0]).all()
    assert (runner.val_dataloader.dataset.label_matrix() == labels[12:]).all()
    scores = pd.read_csv(files['scores'])
    assert scores.split.tolist() == ['train'] * 12 + ['val'] * 16
    scores = scores[CLASSES].to_numpy()[:12]
    report = json.loads((tmp_path / 'r/report.json').read_text())
    assert report['recovered'] is None
    assert report['labels']['unknown'] == (labels[:12] == -1).sum()
    assert report['labels']['left_open'] == (completed == -1).sum()
    assert report['held_out'] == dict(images=16, known=64, also_trained=0)
    unknown = labels[:12] == -1
    assert (completed[unknown] >= 0).sum() > 0
    for c, row in enumerate(report['categories']):
        above = (row['present_from'] or dict(score=np.inf))['score']
        sure = unknown[:, c] & (scores[:, c] > above + 1e-5)
        if (row['absent_up_to'] or {}).get('chosen_on') != 'own':
            assert (completed[sure, c] == 1).all()
    assert len(pd.read_csv(files['rank'])) == (completed == -1).sum()
    runner.train()
    assert (tmp_path / 'w/epoch_1.pth').is_file()


def test_scores_are_computed_once(main, trained, tmp_path, monkeypatch):
    main(*EASY, '--scores-out', tmp_path / 'scores.csv', '--rank-out', tmp_path / 'rank.csv')
    monkeypatch.setattr('dsrb_mm.completion.run.load_model', None)
    more = ('--out', tmp_path / 'again.csv', '--rank-out', tmp_path / 'again_rank.csv')
    main(*EASY, '--scores-in', tmp_path / 'scores.csv', *more)
    assert (tmp_path / 'again.csv').read_bytes() == (tmp_path / 'done.csv').read_bytes()
    assert (tmp_path / 'again_rank.csv').read_bytes() == (tmp_path / 'rank.csv').read_bytes()
    with pytest.raises(SystemExit, match='read as input'):
        main(
            '--scores-in', tmp_path / 'scores.csv', '--out', tmp_path / 'scores.csv', '--overwrite'
        )


@pytest.fixture
def messy(trained, tmp_path):
    """A CSV with further columns, splits that are not read, and images in several rows."""
    root, labels, _ = trained
    table = pd.read_csv(root / 'labels.csv', dtype=object, keep_default_na=False)
    table.insert(1, 'note', 'x')
    unknown = table.iloc[:12][CLASSES].to_numpy() == ''
    answers = table.iloc[:12].copy()
    # What the image's own row does not know, further rows do: present everywhere.
    answers[CLASSES] = np.where(unknown, '1', '')
    answers['path'] = './' + answers['path']
    extra = answers.copy()
    extra['split'] = 'extra'
    for name, rows in (('twice', answers), ('extra', extra)):
        pd.concat([table, rows]).to_csv(tmp_path / f'{name}.csv', index=False)
        cfg = make_config(root, tmp_path / 'w', tmp_path / f'{name}.csv')
        for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
            loader.dataset.dataset.ignore_columns = ['note']
        cfg.test_dataloader = Config(dict(a=cfg.val_dataloader)).a
        cfg.test_dataloader.dataset.unreadable = 'error'  # an option in which it differs
        cfg.dump(tmp_path / f'{name}.py')
    return unknown


ALL_ABSENT = (
    '--precision',
    '0.5',
    '--confidence',
    '0.5',
    '--min-support',
    '1',
    '--max-missed',
    '1',
)


@pytest.mark.parametrize('name', ['twice', 'extra'])
def test_known_labels_keep_their_value_in_every_row(main, messy, tmp_path, name):
    """What one row of an image knows is not contradicted in another; no row or column is lost."""
    main(*ALL_ABSENT, config=tmp_path / f'{name}.py')
    read = dict(dtype=object, keep_default_na=False)
    old = pd.read_csv(tmp_path / f'{name}.csv', **read)
    new = pd.read_csv(tmp_path / 'done.csv', **read)
    assert new.columns.equals(old.columns)
    assert (new[['path', 'note', 'split']] == old[['path', 'note', 'split']]).all(axis=None)
    known = old[CLASSES].to_numpy() != ''
    assert (new[CLASSES].to_numpy()[known] == old[CLASSES].to_numpy()[known]).all()
    filled = new[CLASSES].to_numpy()[:12][messy]
    assert set(filled) == ({'1'} if name == 'twice' else {''})


def test_an_image_root_elsewhere(main, trained, tmp_path, monkeypatch):
    monkeypatch.setattr('dsrb_mm.completion.run.load_model', None)
    with pytest.raises(SystemExit, match='below the image root .*, but got .*0.png'):
        main('--image-root', tmp_path)


def test_the_folder_above_as_image_root(main, trained, tmp_path):
    root, labels, _ = trained
    main('--image-root', root, '--holdout', 'none')
    written = pd.read_csv(tmp_path / 'done.csv')
    assert written.path.tolist() == [f'images/{i}.png' for i in range(28)]
    assert (written[CLASSES].fillna(-1).to_numpy() == labels).all()


def test_a_report_that_is_no_json(main, tmp_path):
    with pytest.raises(SystemExit, match='a report ending in .json, but got .*report.txt'):
        main('--report', tmp_path / 'report.txt')


def test_simulated_gaps_are_compared_with_the_truth(main, trained, tmp_path, capsys):
    option = 'train_dataloader.dataset.known_proportion=0.5'
    report = tmp_path / 'report.json'
    main(*EASY, '--report', report, '--cfg-options', option)
    assert json.loads(report.read_text())['tradeoff'][0]['precision'] == 0.5
    recovered = json.loads(report.read_text())['recovered']
    assert 0 < recovered['hidden'] < 48 and 0 < recovered['mAP'] <= 1
    assert 'Hidden labels recovered' in capsys.readouterr().out


def test_no_unknowns_change_nothing(main, trained, tmp_path):
    root, labels, truth = trained
    cfg = Config.fromfile(root / 'config.py')
    cfg.train_dataloader.dataset.dataset.split = 'val'
    cfg.val_dataloader.dataset.dataset.split = 'train'
    cfg.test_dataloader = cfg.val_dataloader
    cfg.dump(tmp_path / 'config.py')
    main(*EASY, '--rank-out', tmp_path / 'rank.csv', config=tmp_path / 'config.py')
    written = pd.read_csv(tmp_path / 'done.csv')
    assert (written[CLASSES][written.split == 'val'].to_numpy() == truth[12:]).all()
    assert pd.read_csv(tmp_path / 'rank.csv').empty


def without_validation(root, folder):
    cfg = Config.fromfile(root / 'config.py')
    cfg.test_pipeline = cfg.val_dataloader.dataset.dataset.pipeline
    for name in ('val_dataloader', 'test_dataloader'):
        cfg.pop(name)
    cfg.dump(folder / 'config.py')
    return folder / 'config.py'


def test_without_validation_set(main, trained, tmp_path):
    root, labels, truth = trained
    config = without_validation(root, tmp_path)
    with pytest.raises(SystemExit, match='val_dataloader .*--holdout FILE.csv'):
        main(config=config)
    main('--holdout', 'none', '--rank-out', tmp_path / 'rank.csv', config=config)
    written = pd.read_csv(tmp_path / 'done.csv')[CLASSES].fillna(-1).to_numpy()
    assert (written == labels).all()
    # A CSV that repeats what training knew beside answers it did not know: only these count.
    answers = pd.read_csv(root / 'labels.csv').iloc[:12]
    answers[CLASSES] = truth[:12]
    answers.to_csv(tmp_path / 'answers.csv', index=False)
    main(
        *(*EASY, '--holdout', tmp_path / 'answers.csv', '--report', tmp_path / 'report.json'),
        *('--overwrite', '--out', tmp_path / 'other.csv'),
        config=config,
    )
    report = json.loads((tmp_path / 'report.json').read_text())
    known = int((labels[:12] >= 0).sum())
    assert report['held_out'] == dict(images=12, known=48 - known, also_trained=known)


def test_nothing_held_out_is_left(main, trained):
    options = [f'{phase}_dataloader.dataset.dataset.split=train' for phase in ('val', 'test')]
    with pytest.raises(SystemExit, match='training did not know, but got none'):
        main('--cfg-options', *options)


def test_outputs_in_the_way(main, trained, tmp_path):
    root = trained[0]
    before = (root / 'labels.csv').read_text()
    with pytest.raises(SystemExit, match='read as input'):
        main('--overwrite', out=root / 'labels.csv')
    with pytest.raises(SystemExit, match='read as input'):
        main('--overwrite', '--rank-out', root / 'w/epoch_2.pth')
    assert (root / 'labels.csv').read_text() == before
    (tmp_path / 'done.csv').write_text('mine')
    with pytest.raises(SystemExit, match='exists; --overwrite'):
        main()
    assert (tmp_path / 'done.csv').read_text() == 'mine'


def test_wrong_arguments_and_checkpoints(main, trained, tmp_path):
    with pytest.raises(SystemExit, match='expected precision'):
        main('--precision', '1')
    with pytest.raises(SystemExit, match="'nothing'"):
        main('--holdout', 'nothing')
    with pytest.raises(SystemExit, match='no.pth'):
        main(checkpoint=tmp_path / 'no.pth')
    content = torch.load(trained[0] / 'w/epoch_2.pth', weights_only=True)
    content['state_dict'].pop('head.classifier.bias')
    torch.save(dict(state_dict=content['state_dict']), tmp_path / 'less.pth')
    with pytest.raises(SystemExit, match='1 weights missing: .*classifier.bias'):
        main(checkpoint=tmp_path / 'less.pth')
