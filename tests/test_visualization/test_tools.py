"""The picture tools in this process."""

import importlib.util
import sys
from pathlib import Path

import numpy as np
import pytest
import torch
from helpers.data import random_labels, write_coco
from helpers.training import PIPELINE, coco_config
from mmpretrain.registry import MODELS
from PIL import Image

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ['cat', 'dog', 'wine glass']


@pytest.fixture
def main(monkeypatch, tmp_path):
    def run(tool, *arguments):
        spec = importlib.util.spec_from_file_location('tool', ROOT / 'tools' / tool)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        monkeypatch.setattr(sys, 'argv', [tool, str(tmp_path / 'config.py'), *map(str, arguments)])
        module.main()

    return run


@pytest.fixture(autouse=True)
def cfg(tmp_path):
    for split, number in (('train', 12), ('val', 5)):
        write_coco(tmp_path / 'data', split, random_labels(number, 3), CLASSES)
    cfg = coco_config(tmp_path / 'data', tmp_path / 'w', 3)
    cfg.val_dataloader.dataset.dataset.pipeline = PIPELINE[:2] + PIPELINE[3:]
    cfg.test_dataloader = cfg.val_dataloader
    cfg.dump(tmp_path / 'config.py')
    return cfg


def names(folder):
    return sorted(path.name for path in folder.glob('*.png'))


@pytest.mark.parametrize('mode', ['original', 'transformed', 'both'])
def test_browse(main, tmp_path, mode):
    main('browse_dataset.py', '--out-dir', tmp_path / 'p', '--number', 3, '--mode', mode)
    assert names(tmp_path / 'p') == ['000000_000000.png', '000006_000006.png', '000011_000011.png']


def test_browse_both_shows_the_original_first(main, tmp_path):
    for mode in ('transformed', 'both'):
        main('browse_dataset.py', '--out-dir', tmp_path / mode, '--number', 1, '--mode', mode)
    sizes = {}
    for mode in ('transformed', 'both'):
        with Image.open(tmp_path / mode / '000000_000000.png') as picture:
            sizes[mode] = picture.size
    assert sizes['both'][0] > 1.3 * sizes['transformed'][0]
    assert sizes['both'][1] == sizes['transformed'][1]


def test_browse_by_category(main, tmp_path, cfg):
    labels = np.array([[0, 1, 0], [1, 0, 0], [0, 1, 1], [0, 0, 1]])
    write_coco(tmp_path / 'data', 'train', labels, CLASSES)
    dataset = cfg.train_dataloader.dataset
    for known, rows in ((None, [0, 2]), (dict(type='KnownPerCategory', number=1), None)):
        dataset.update(known_proportion=None, known=known)
        cfg.dump(tmp_path / 'config.py')
        folder = tmp_path / str(rows)
        arguments = ['--category', 'dog', '--mode', 'original', '--out-dir', folder]
        main('browse_dataset.py', *arguments, *(['--known-present'] if rows else []))
        drawn = [int(name[:6]) for name in names(folder)]
        assert drawn == rows if rows else len(drawn) == 1
    with pytest.raises(SystemExit, match=r"'dgo'; did you mean \['dog'\]"):
        main('browse_dataset.py', '--out-dir', tmp_path / 'x', '--category', 'dgo')
    dataset.known = None
    cfg.dump(tmp_path / 'config.py')
    write_coco(tmp_path / 'data', 'train', labels * [1, 0, 1], CLASSES)
    with pytest.raises(SystemExit, match='images with dog known to be present, but got none'):
        main('browse_dataset.py', *arguments, '--known-present')


def test_browse_other_sets(main, tmp_path):
    for phase in ('val', 'test'):
        main('browse_dataset.py', '--out-dir', tmp_path / phase, '--phase', phase)
        assert len(names(tmp_path / phase)) == 5
    with pytest.raises(SystemExit):
        main('browse_dataset.py', '--out-dir', tmp_path / 'x', '--number', 0)


def test_missing_data_is_one_message(main, tmp_path):
    (tmp_path / 'data/annotations/instances_train.json').unlink()
    with pytest.raises(SystemExit, match='error: data of CocoMultiLabel not found'):
        main('browse_dataset.py', '--out-dir', tmp_path / 'p')


def save(cfg, path, counts):
    model = MODELS.build(dict(cfg.model, data_preprocessor=cfg.data_preprocessor))
    bank = model.head.complements.pprb.bank
    bank.counts, bank.prototypes = torch.full((3, 4), counts), torch.randn(3, 4, 32)
    torch.save(dict(state_dict=model.state_dict()), path)


def test_prototypes(main, tmp_path, cfg):
    save(cfg, tmp_path / 'a.pth', 3)
    arguments = [tmp_path / 'a.pth', '--device', 'cpu', '--out-dir', tmp_path / 'p', '--images', 2]
    main('show_prototypes.py', *arguments)
    assert names(tmp_path / 'p') == ['000_cat.png', '001_dog.png', '002_wine_glass.png']
    with pytest.raises(SystemExit, match=r"'wine glas'; did you mean \['wine glass'\]"):
        main('show_prototypes.py', *arguments, '--categories', 'wine glas')
    save(cfg, tmp_path / 'b.pth', 0)
    with pytest.raises(SystemExit, match='the checkpoint has no prototypes'):
        main('show_prototypes.py', tmp_path / 'b.pth', *arguments[1:])


@pytest.mark.parametrize('order', ['similar', 'dataset'])
def test_label_graph(main, tmp_path, capsys, order):
    write_coco(tmp_path / 'data', 'train', random_labels(40, 3), CLASSES)
    main(
        'show_label_graph.py',
        *('--out', tmp_path / 'g.png', '--top', 2, '--min-positives', 1, '--order', order),
    )
    output = capsys.readouterr().out
    assert sum(' of ' in line and '%' in line for line in output.splitlines()) == 2
    with Image.open(tmp_path / 'g.png') as picture:
        assert np.asarray(picture).std() > 5


def test_label_graph_without_pairs(main, tmp_path, capsys):
    main('show_label_graph.py', '--out', tmp_path / 'g.png', '--min-positives', 1000)
    assert 'no pairs' in capsys.readouterr().out
