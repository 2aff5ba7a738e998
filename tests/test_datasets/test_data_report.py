import csv
import importlib.util
from pathlib import Path

import numpy as np
import pytest
from helpers.data import random_labels, write_coco, write_csv, write_voc
from mmengine.config import Config

from dsrb_mm.datasets.config_report import build_reports, find_unreadable, model_problems
from dsrb_mm.datasets.data_report import DataReport

ROOT = Path(__file__).resolve().parents[2]
CLASSES = ['cup', 'dog', 'tree']


def load_tool():
    spec = importlib.util.spec_from_file_location('check_data', ROOT / 'tools/check_data.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def coco_dataset(root, split, **partial):
    inner = dict(
        type='CocoMultiLabel',
        data_root=str(root),
        ann_file=f'annotations/instances_{split}.json',
        data_prefix=dict(img_path=split),
        pipeline=[],
    )
    return dict(type='PartialLabelDataset', dataset=inner, **partial)


@pytest.fixture
def coco(tmp_path):
    """A config on 8 training and 6 test images."""
    labels = {'train': random_labels(8, 3), 'val': random_labels(6, 3, seed=1)}
    for split, matrix in labels.items():
        write_coco(tmp_path, split, matrix, CLASSES)
    cfg = dict(
        train_dataloader=dict(dataset=coco_dataset(tmp_path, 'train', known_proportion=0.5)),
        test_dataloader=dict(dataset=coco_dataset(tmp_path, 'val')),
    )
    return Config(cfg), labels, tmp_path


def run_tool(cfg, tmp_path, *arguments):
    file = tmp_path / 'config.py'
    cfg.dump(str(file))
    with pytest.raises(SystemExit) as stop:
        load_tool().main([str(file), *arguments])
    return stop.value.code


def test_numbers_by_counting(coco):
    cfg, labels, _ = coco
    train, test = build_reports(cfg)
    keep = np.random.RandomState(0).random_sample((8, 3)) < 0.5
    known = [[labels['train'][n, c] if keep[n, c] else -1 for c in range(3)] for n in range(8)]
    counts = sorted(sum(row[c] == 1 for row in known) for c in range(3))
    num_known = sum(value != -1 for row in known for value in row)
    summary = train.summary()
    assert summary['dataset'] == 'CocoMultiLabel'
    assert summary['images'] == '8'
    assert summary['categories'] == '3'
    assert summary['known labels'] == f'{num_known / 24:.1%}'
    assert summary['positives per image'] == f'{sum(counts) / 8:.2f}'
    name = 'positives per category (min/median/max)'
    assert summary[name] == f'{counts[0]} / {counts[1]} / {counts[2]}'
    assert summary['categories without known positive'] == str(counts.count(0))
    blind = sum(set(row) == {-1} for row in known)
    assert summary['images without known label'] == str(blind)
    assert test.summary()['known labels'] == '100.0%'
    assert np.array_equal(test.labels, labels['val'])
    assert train.problems() == test.problems() == []


def test_empty_categories_and_images():
    labels = np.array([[1, 0, -1], [1, 0, -1], [-1, -1, -1], [0, 1, 0]], np.int8)
    summary = DataReport('train', 'X', 'abc', labels, [__file__] * 4).summary()
    assert summary['categories without known positive'] == '1'
    assert summary['images without known label'] == '1'
    assert summary['known labels'] == '58.3%'
    assert summary['positives per image'] == '0.75'
    assert summary['images unreadable'] == 'not checked'


def test_tool_on_good_data(coco, capsys):
    cfg, labels, root = coco
    out = root / 'new' / 'counts.csv'
    assert run_tool(cfg, root, '--images', '--workers', '2', '--out', str(out)) == 0
    assert 'problem' not in capsys.readouterr().out
    with out.open() as file:
        rows = list(csv.DictReader(file))
    assert [row['category'] for row in rows] == CLASSES * 2
    for row, column in zip(rows[3:], labels['val'].T, strict=True):
        assert row['split'] == 'test'
        assert int(row['present']) == column.tolist().count(1)
        assert int(row['absent']) == column.tolist().count(0)
        assert row['unknown'] == '0'


def test_tool_names_missing_images(coco, capsys):
    cfg, _, root = coco
    for i in range(6):
        (root / 'val' / f'{i:06d}.jpg').unlink()
    assert run_tool(cfg, root) == 1
    line = [text for text in capsys.readouterr().out.splitlines() if 'problem' in text]
    assert len(line) == 1
    assert 'test: 6 images missing' in line[0]
    assert [f'{i:06d}.jpg' in line[0] for i in range(6)] == [True] * 5 + [False]


def test_tool_names_unreadable_images(coco, capsys):
    cfg, _, root = coco
    file = root / 'train' / '000003.jpg'
    file.write_bytes(file.read_bytes()[:-200])  # a broken-off download
    (root / 'train' / '000005.jpg').write_bytes(b'')
    (root / 'train' / '000006.jpg').unlink()
    assert run_tool(cfg, root, '--images', '--workers', '2') == 1
    text = capsys.readouterr().out
    assert 'train: 1 images missing: ' in text
    unreadable = next(line for line in text.splitlines() if '2 images unreadable' in line)
    assert '000003.jpg' in unreadable
    assert '000005.jpg' in unreadable
    assert run_tool(cfg, root) == 1  # the missing one; the others are only seen by --images
    assert 'unreadable:' not in capsys.readouterr().out


def test_tool_without_annotations(coco, capsys):
    cfg, _, root = coco
    (root / 'annotations/instances_val.json').unlink()
    assert 'Expected layout' in run_tool(cfg, root)


def test_cfg_options(coco):
    cfg, _, root = coco
    code = run_tool(
        cfg, root, '--cfg-options', 'test_dataloader.dataset.dataset.data_prefix.img_path=nowhere'
    )
    assert code == 1


@pytest.mark.parametrize('wrapper', ['repeat', 'concat', 'balanced'])
def test_wrapped_datasets(coco, wrapper):
    cfg, labels, root = coco
    inner = coco_dataset(root, 'train')
    expected = labels['train']
    if wrapper == 'repeat':
        cfg.train_dataloader.dataset = dict(type='RepeatDataset', times=3, dataset=inner)
    elif wrapper == 'balanced':
        cfg.train_dataloader.dataset = dict(
            type='ClassBalancedDataset', oversample_thr=0.9, dataset=inner
        )
    else:
        cfg.train_dataloader.dataset = dict(
            type='ConcatDataset', datasets=[inner['dataset'], coco_dataset(root, 'val')['dataset']]
        )
        expected = np.concatenate([labels['train'], labels['val']])
    report = build_reports(cfg)[0]
    assert np.array_equal(report.labels, expected)
    assert len(report.paths) == len(set(report.paths)) == len(expected)
    assert all(Path(path).is_file() for path in report.paths)
    assert report.dataset_type == 'CocoMultiLabel'
    assert list(report.classes) == CLASSES


def test_csv_reports_missing_images_instead_of_stopping(tmp_path):
    labels = random_labels(6, 3)
    write_csv(tmp_path / 'labels.csv', labels, CLASSES, ['train'] * 6)
    (tmp_path / 'images' / '2.png').unlink()
    inner = dict(
        type='CSVMultiLabel',
        data_root=str(tmp_path),
        ann_file='labels.csv',
        data_prefix=dict(img_path='images'),
        split_column='split',
        split='train',
        pipeline=[],
    )
    cfg = Config(dict(val_dataloader=dict(dataset=dict(type='PartialLabelDataset', dataset=inner))))
    (report,) = build_reports(cfg)
    assert report.split == 'test'
    assert [Path(path).name for path in report.missing] == ['2.png']
    find_unreadable(report, workers=1)
    assert report.unreadable == []


def test_published_counts_of_voc(tmp_path):
    """MMPretrain's own dataset, in a config of ours."""
    classes = (ROOT / 'dsrb_mm/assets/classes/voc.txt').read_text().split()
    for split in ('trainval', 'test'):
        write_voc(tmp_path, split, random_labels(4, 20), classes)
    cfg = Config.fromfile(str(ROOT / 'configs/dsrb_voc_p50.py'))
    for loader in (cfg.train_dataloader, cfg.val_dataloader, cfg.test_dataloader):
        loader.dataset.dataset.data_root = str(tmp_path)
    train, test = build_reports(cfg)
    assert train.problems() == test.problems() == []
    assert train.notes()[0] == (
        'train: 4 images, where the train set of Pascal VOC 2007 has 5,011: results are not '
        'comparable with published ones'
    )
    assert '4,952' in test.notes()[0]
    assert train.missing == test.missing == []


@pytest.mark.parametrize(
    ('dataset_type', 'num_classes', 'train', 'test'),
    [('VOC', 20, 5011, 4952), ('CocoMultiLabel', 80, 82783, 40504), ('VG200', 200, 98249, 10000)],
)
def test_published_counts(dataset_type, num_classes, train, test):
    for split, count in (('train', train), ('test', test)):
        for wrong in (0, 1):
            labels = np.ones((count - wrong, num_classes), np.int8)
            # This file stands for all images.
            report = DataReport(split, dataset_type, range(num_classes), labels, [])
            report.paths = [__file__] * len(labels)
            published = [note for note in report.notes() if 'comparable with published' in note]
            assert len(published) == wrong


def test_other_data_has_no_published_count():
    labels = np.ones((2, 48), np.int8)
    notes = DataReport('train', 'CocoMultiLabel', range(48), labels, [__file__] * 2).notes()
    assert not [note for note in notes if 'published' in note]


def test_config_without_data():
    with pytest.raises(ValueError, match='expected the config to have'):
        build_reports(Config(dict(train_dataloader=None)))


def test_what_may_be_a_mistake():
    labels = np.array([[1, -1, -1], [0, -1, -1]])
    report = DataReport('train', 'CSVMultiLabel', ['cat', 'by', 'dog'], labels, ['a', 'b'])
    (note,) = report.notes()
    assert note.startswith('train: categories without a known label (2): by, dog; a column')
    cfg = Config(dict(model=dict(neck=dict(num_classes=3), head=dict(num_classes=20))))
    (problem,) = model_problems(cfg, [report])
    assert 'model.head.num_classes to be 3' in problem and 'but got 20' in problem
    assert model_problems(Config(dict(model=dict(type='X'))), [report]) == []


def test_tool_says_each_thing_once(tmp_path, capsys):
    write_csv(tmp_path / 'labels.csv', random_labels(4, 3), CLASSES, ['train'] * 4)
    text = (tmp_path / 'labels.csv').read_text().splitlines()
    rows = [f'{text[0]},by', *(f'{line},' for line in text[1:])]
    (tmp_path / 'labels.csv').write_text('\n'.join(rows) + '\n')
    inner = dict(
        type='CSVMultiLabel',
        data_root=str(tmp_path),
        ann_file='labels.csv',
        data_prefix=dict(img_path='images'),
        ignore_columns=['split'],
    )
    cfg = Config(dict(train_dataloader=dict(dataset=inner), model=dict(head=dict(num_classes=2))))
    assert run_tool(cfg, tmp_path) == 1
    lines = capsys.readouterr().out.splitlines()
    assert (
        sum('note: train: categories without a known label (1): by' in line for line in lines) == 1
    )
    assert sum('problem: expected model.head.num_classes to be 4' in line for line in lines) == 1


def csv_config(root, **splits):
    """A loader for each keyword, which reads the split that it names."""
    inner = dict(
        type='CSVMultiLabel',
        data_root=str(root),
        ann_file='labels.csv',
        data_prefix=dict(img_path='images'),
        split_column='split',
    )
    loaders = {key: dict(dataset=dict(inner, split=value)) for key, value in splits.items()}
    return Config({f'{key}_dataloader': loader for key, loader in loaders.items()})


def lines_with(capsys, text):
    return [line for line in capsys.readouterr().out.splitlines() if text in line]


def test_tool_finds_images_with_contradicting_labels(tmp_path, capsys):
    write_csv(tmp_path / 'labels.csv', random_labels(4, 3), CLASSES, ['train'] * 4)
    with (tmp_path / 'labels.csv').open('a') as file:
        file.write('./0.png,train,1,0,\nx/../1.png,train,0,,\n')  # the same files, spelt otherwise
    assert run_tool(csv_config(tmp_path, train='train'), tmp_path) == 1
    output = capsys.readouterr().out
    assert 'problem: train: 1 images with contradicting labels: ' in output
    assert '0.png (dog)' in output
    assert 'note: train: 2 images are listed more than once: ' in output


def test_tool_finds_training_images_in_the_evaluation(tmp_path, capsys):
    write_csv(
        tmp_path / 'labels.csv', random_labels(6, 3), CLASSES, ['train'] * 4 + ['val', 'test']
    )
    cfg = csv_config(tmp_path, train='train', val='val', test='test')
    assert run_tool(cfg, tmp_path) == 0
    (tmp_path / 'images/4.png').unlink()
    (tmp_path / 'images/4.png').symlink_to(tmp_path / 'images/2.png')
    capsys.readouterr()
    assert run_tool(cfg, tmp_path) == 1
    (problem,) = lines_with(capsys, 'problem')
    assert 'val: 1 images of the training set: ' in problem and '4.png' in problem


def test_tool_counts_rows_that_nothing_reads(tmp_path, capsys):
    splits = ['train'] * 3 + ['val', 'validation', 'validation']
    write_csv(tmp_path / 'labels.csv', random_labels(6, 3), CLASSES, splits)
    assert run_tool(csv_config(tmp_path, train='train', val='val'), tmp_path) == 0
    (note,) = [line for line in lines_with(capsys, 'note') if 'no data set reads' in line]
    assert "labels.csv: no data set reads the rows of the splits 'validation' (2)" in note


def test_a_voc_line_twice(tmp_path):
    classes = (ROOT / 'dsrb_mm/assets/classes/voc.txt').read_text().split()
    write_voc(tmp_path, 'trainval', random_labels(4, 20), classes)
    lines = tmp_path / 'ImageSets/Main/trainval.txt'
    lines.write_text(lines.read_text() + 'trainval000002\n')
    inner = dict(type='VOC', data_root=str(tmp_path), split='trainval')
    (report,) = build_reports(Config(dict(train_dataloader=dict(dataset=inner))))
    _, note = report.notes()
    assert '1 images are listed more than once: ' in note and 'trainval000002.jpg' in note
