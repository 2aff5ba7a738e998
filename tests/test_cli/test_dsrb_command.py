"""The dsrb command on a few real files, from a CSV to an ONNX file."""

import csv
import json
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from unittest import mock

import numpy as np
import pytest
import torch
from helpers.data import random_labels, write_csv
from mmengine.config import Config
from mmpretrain import get_model
from mmpretrain.registry import MODELS
from typer.testing import CliRunner

import dsrb_mm
from dsrb.app import app
from dsrb.arguments import choose_device
from dsrb.label_commands import Kind, Order, Value
from dsrb_mm.annotation import KINDS
from dsrb_mm.apis import load_model
from dsrb_mm.completion import ORDERS, VALUES
from dsrb_mm.engine.checkpoints import AtomicCheckpointHook
from dsrb_mm.engine.hooks import ConsoleHook
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features.saliency_weight_hook import WEIGHTS
from dsrb_mm.fileio.config_file import write_config_file
from dsrb_mm.workflow import compose, find_checkpoint

CLASSES = ['cat', 'dog', 'bird']
ROOT = Path(__file__).parents[2]


def call(*arguments, code=0):
    """Run the command in this process; returns what it printed."""
    with mock.patch.dict(os.environ):  # --device changes what the process sees
        result = CliRunner().invoke(app, [str(a) for a in arguments])
    assert result.exit_code == code, f'{result.output}\n{result.exception!r}'
    return result.output


@pytest.fixture(scope='module', autouse=True)
def small_backbone(tmp_path_factory):
    """In place of EfficientNet-Lite0, which the pages of the documentation are run with."""
    backbone = dict(type='ResNet', depth=18, base_channels=8, out_indices=(2,))
    weights = tmp_path_factory.mktemp('weights') / 'small.pth'
    torch.save(MODELS.build(backbone).state_dict(), weights)
    init = dict(type='Pretrained', checkpoint=str(weights))

    def small(*arguments):
        cfg = compose(*arguments)
        cfg.model.backbone.backbone = dict(backbone, init_cfg=init)
        return cfg

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('dsrb_mm.workflow.training_config.compose', small)
        yield


@pytest.fixture(scope='module')
def folder(tmp_path_factory, small_backbone):
    """A CSV without a split, a quarter of the labels unknown, and a model trained on it."""
    root = tmp_path_factory.mktemp('data')
    labels = random_labels(40, len(CLASSES))
    labels[np.random.default_rng(0).random(labels.shape) < 0.25] = -1
    write_csv(root / 'labels.csv', labels, CLASSES, ['train'] * 40)
    rows = list(csv.reader((root / 'labels.csv').open()))
    at = rows[0].index('split')
    with (root / 'labels.csv').open('w', newline='') as file:
        csv.writer(file).writerows([row[:at] + row[at + 1 :] for row in rows])
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        root.joinpath('out.txt').write_text(
            call('train', 'labels.csv', '--work-dir', 'work', '--budget', 12, '--device', 'cpu')
        )
    return root


@pytest.fixture(autouse=True)
def inside(folder, monkeypatch):
    monkeypatch.chdir(folder)


def test_training_says_what_was_read_and_how_it_goes(folder):
    text = folder.joinpath('out.txt').read_text()
    assert '8 images drawn for validation' in text
    assert 'train: 32 images, 3 categories; labels:' in text
    lines = [line for line in text.splitlines() if line.startswith('epoch')]
    pattern = r'epoch +\d+: loss [\d.]+ \(val [\d.]+\), mAP [\d.]+ \(best [\d.]+, epoch \d+\), '
    assert lines and all(re.fullmatch(pattern + r'tuned CF1 [\d.]+', line) for line in lines)
    assert 'INFO' not in text and len(text.splitlines()) < 40
    assert 'dsrb report work' in text


def test_the_pooling_is_chosen_once_by_the_validation_labels(folder):
    text = folder.joinpath('out.txt').read_text()
    found = re.findall(r'^ +([\d.]+): average precision [\d.]+$', text, re.MULTILINE)
    assert {float(weight) for weight in found} == set(WEIGHTS)
    state = torch.load(find_checkpoint(folder / 'work'), weights_only=False)['state_dict']
    (weight,) = state['head.saliency_weights'].tolist()
    assert f'saliency weight: {weight:g}\n' in text
    assert 'computed once, into work_dirs/features' in text
    assert re.search(r'features: \d+ MB', text)
    named = ('--method', 'saliency', '--work-dir', 'named', '--budget', 1, '--device', 'cpu')
    assert 'saliency weight' not in call('train', 'labels.csv', *named)


def test_labels_that_only_say_what_is_present_count_unknown_ones_as_absent(folder):
    rows = list(csv.reader((folder / 'labels.csv').open()))
    with (folder / 'present.csv').open('w', newline='') as file:
        csv.writer(file).writerows([[c if c != '0' else '' for c in row] for row in rows])
    command = ('train', 'present.csv', '--work-dir', 'present', '--budget', 6, '--device', 'cpu')
    text = call(*command)
    assert 'unknown ones count as absent' in text
    cfg = Config.fromfile(folder / 'present/config.py')
    # Otherwise every mAP is 100; this one can be by chance, with 8 images.
    assert cfg.val_evaluator.type == 'HeldOutMetric'
    assert cfg.model.head.loss.type == 'AssumeNegativeLoss'


def test_a_training_that_was_cut_off_goes_on_by_the_same_command(folder, monkeypatch):
    command = ('train', 'labels.csv', '--budget', 12, '--device', 'cpu', '--work-dir', 'cut')
    with monkeypatch.context() as patch:
        after_train_epoch = AtomicCheckpointHook.after_train_epoch

        def cut(hook, runner):
            after_train_epoch(hook, runner)
            if runner.epoch == 6:
                raise ValueError('cut off')

        patch.setattr(AtomicCheckpointHook, 'after_train_epoch', cut)
        call(*command, code=1)
    assert 'holds a training: --resume' in call(*command, code=1)
    assert 'model.head' in call(*command, '--resume', '--method', 'bce', code=1)
    assert 'labels differ' in call(*command, '--resume', '--seed', 1, code=1)
    text = call(*command, '--resume')
    assert 'going on after epoch 7' in text and 'backend' not in text
    assert 'choosing how' not in text
    epochs = [int(line[5:].split(':')[0]) for line in text.splitlines() if line[:5] == 'epoch']
    assert epochs == list(range(7, 13)), text
    whole, resumed = (
        torch.load(name / 'epoch_12.pth', weights_only=True)['state_dict']
        for name in (folder / 'work', folder / 'cut')
    )
    assert all(torch.equal(whole[name], resumed[name]) for name in whole)
    # What is finished stays, and --overwrite begins anew.
    text = call(*command, '--resume')
    assert 'is finished' in text and ': loss' not in text
    again = ('train', 'labels.csv', '--budget', 1, '--device', 'cpu', '--work-dir', 'cut')
    assert 'epoch   1:' in call(*again, '--overwrite')
    assert len(list((folder / 'cut').glob('*.pth'))) == 2  # the last and the best one


def test_an_interrupted_training_says_how_to_go_on_and_frees_the_screen(folder, monkeypatch):
    stopped = []

    def interrupt(hook, runner):
        raise KeyboardInterrupt

    monkeypatch.setattr(ConsoleHook, 'stop', lambda hook: stopped.append(hook.progress.stop()))
    monkeypatch.setattr(AtomicCheckpointHook, 'after_train_epoch', interrupt)
    command = ('train', 'labels.csv', '--budget', 2, '--device', 'cpu', '--work-dir', 'stopped')
    assert 'interrupted: the same command with --resume goes on' in call(*command, code=1)
    assert stopped


def test_resume_begins_where_there_is_nothing_yet(folder):
    command = ('train', 'labels.csv', '--budget', 2, '--device', 'cpu', '--work-dir', 'begun')
    assert 'epoch   1:' in call(*command, '--resume')


def test_the_work_directory_holds_labels_and_a_config_for_the_tools(folder):
    rows = list(csv.DictReader((folder / 'work/labels.csv').open()))
    assert {row['split'] for row in rows} == {'train', 'val'} and len(rows) == 40
    cfg = Config.fromfile(folder / 'work/config.py')
    assert cfg.train_dataloader.dataset.dataset.type == 'CSVMultiLabel'
    assert cfg.model.backbone.type == 'FrozenBackbone'
    log = next((folder / 'work').glob('*/*.log')).read_text()
    assert 'INFO - Epoch(val)' in log


def test_predict_writes_the_scores_that_python_gives(folder, capsys):
    images = sorted((folder / 'images').glob('*.png')) or sorted(folder.rglob('*.jpg'))
    call('predict', 'work', *images[:3], '--out', 'scores.csv', '--pictures', 'pictures')
    rows = list(csv.DictReader((folder / 'scores.csv').open()))
    capsys.readouterr()
    model = dsrb_mm.load('work')
    assert not any(capsys.readouterr())
    for row, result in zip(rows, model(images[:3], progress=False), strict=True):
        found = [float(row[name]) for name in CLASSES]
        np.testing.assert_allclose(found, result['pred_scores'], atol=1e-5)
        assert row['predicted'].split('|') == result['pred_classes'] or not result['pred_classes']
    assert len(list((folder / 'pictures').iterdir())) == 3
    again = ('predict', 'work', *images[:3], '--out', 'scores.csv')
    assert 'scores.csv exists' in call(*again, code=1)
    call(*again, '--overwrite')
    assert 'predicted' in call('predict', 'work', images[0])


def test_predict_keeps_pictures_and_names_links(folder):
    image = next(folder.glob('images/*.png'), None) or next(folder.rglob('*.jpg'))
    (folder / 'inputs').mkdir()
    shutil.copy(image, folder / f'inputs/x{image.suffix}')
    (folder / 'inputs/linked').symlink_to(folder / 'images')
    (folder / 'mine').mkdir()
    (folder / 'mine/x.png').write_text('mine')
    again = ('predict', 'work', 'inputs', '--pictures', 'mine')
    text = call(*again, code=1)
    assert 'mine/x.png exists' in text and (folder / 'mine/x.png').read_text() == 'mine'
    assert '1 folders in inputs are links and are not searched' in call(*again, '--overwrite')
    assert 'where images are read from' in call(*again[:3], '--pictures', 'inputs/drawn', code=1)


def test_predict_names_the_images_that_it_leaves_out(folder):
    image = next(folder.glob('images/*.png'), None) or next(folder.rglob('*.jpg'))
    (folder / 'broken.jpg').write_bytes(image.read_bytes()[:100])
    assert 'broken.jpg' in call('predict', 'work', image, 'broken.jpg', code=1)
    text = call('predict', 'work', image, 'broken.jpg', '--skip-unreadable')
    assert '1 left out, unreadable: broken.jpg' in text


def test_evaluate_takes_the_validation_images_or_another_file(folder):
    text = call('evaluate', 'work', '--out', 'metrics.json')
    metrics = json.loads((folder / 'metrics.json').read_text())
    assert '8 images of' in text and 0 <= metrics['multi-label/mAP'] <= 100
    # The same labels with the columns in another order, and without a split.
    rows = list(csv.DictReader((folder / 'labels.csv').open()))
    with (folder / 'other.csv').open('w', newline='') as file:
        writer = csv.DictWriter(file, ['bird', 'path', 'cat', 'dog'])
        writer.writeheader()
        writer.writerows(rows)
    assert '40 images of other.csv' in call('evaluate', 'work', '--labels', 'other.csv')
    again = call('evaluate', 'work', '--split', 'tset', code=1)
    assert again == '' or 'tset' in again


def test_complete_keeps_what_is_known(folder):
    call('complete', 'work', '--out', 'filled.csv', '--precision', 0.6)
    before = {r['path']: r for r in csv.DictReader((folder / 'work/labels.csv').open())}
    after = list(csv.DictReader((folder / 'filled.csv').open()))
    assert len(after) == 40
    for row in after:
        known = next(v for k, v in before.items() if k.endswith(Path(row['path']).name))
        assert all(row[name] == known[name] for name in CLASSES if known[name])


def test_what_is_left_is_ranked_and_asked_and_the_answers_come_back(folder):
    text = call(
        *('complete', 'work', '--out', 'filled_2.csv', '--rank-out', 'next.csv'),
        *('--scores-out', 'all_scores.csv', '--rank-by', 'image', '--report', 'filled_2.json'),
    )
    assert 'dsrb ask work next.csv' in text
    again = ('--scores-in', 'all_scores.csv', '--out', 'filled_3.csv', '--rank-out', 'next_3.csv')
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr('dsrb_mm.completion.run.load_model', None)
        call('complete', 'work', *again, '--rank-by', 'image')
    assert (folder / 'next.csv').read_bytes() == (folder / 'next_3.csv').read_bytes()
    assert 'filled_2.csv exists' in call('complete', 'work', '--out', 'filled_2.csv', code=1)
    text = call('ask', 'work', 'next.csv', '--limit', 3, '--out', 'review.html')
    assert '3 questions' in text and f'--images {folder}' in text
    call('ask', 'work', 'next.csv', '--to', 'label-studio', '--out', 'tasks.json')
    tasks = json.loads((folder / 'tasks.json').read_text())
    asked = sum(len(task['data']['choices']) for task in tasks)
    assert asked == len(list(csv.DictReader((folder / 'next.csv').open())))
    # As if everybody answered yes to the first three.
    with (folder / 'next.csv').open() as file:
        questions = list(csv.DictReader(file))[:3]
    with (folder / 'answers.csv').open('w', newline='') as file:
        writer = csv.DictWriter(file, ['path', *CLASSES])
        writer.writeheader()
        writer.writerows({'path': row['path'], row['category']: 1} for row in questions)
    text = call(
        *('import', 'answers.csv', '--images', folder, '--add-to', 'filled_2.csv'),
        *('--out', 'labels_2.csv'),
    )
    assert '3 labels added to those of filled_2.csv' in text
    rows = {row['path']: row for row in csv.DictReader((folder / 'labels_2.csv').open())}
    assert len(rows) == 40
    assert all(rows[row['path']][row['category']] == '1' for row in questions)


def test_scores_come_from_the_features_of_the_training(folder, monkeypatch):
    loaded = []

    def load(cfg, *args, **options):
        loaded.append(cfg.model.backbone.type)
        return load_model(cfg, *args, **options)

    monkeypatch.setattr('dsrb_mm.completion.run.load_model', load)
    call('complete', 'work', '--out', 'filled_4.csv')
    assert loaded == ['FeatureInput']


def test_choices_are_those_of_the_library():
    for choices, known in ((Order, ORDERS), (Value, VALUES), (Kind, KINDS)):
        assert {choice.value for choice in choices} == set(known)


def test_export_agrees_with_pytorch(folder):
    """The backbone of the recipe, of random weights."""
    shutil.copytree(folder / 'work', folder / 'real', ignore=shutil.ignore_patterns('*.pth'))
    cfg = Config.fromfile(folder / 'work/config.py')
    cfg.model.backbone = compose('frozen').model.backbone
    cfg.model.backbone.backbone.pop('init_cfg')
    write_config_file(cfg, folder / 'real/config.py')
    complete_model(cfg, CLASSES)
    meta = dict(dataset_meta=dict(classes=CLASSES))
    content = dict(state_dict=get_model(cfg, pretrained=False).state_dict(), meta=meta)
    torch.save(content, folder / 'real/best_epoch_1.pth')
    assert 'largest deviation from PyTorch' in call('export', 'real', '--out', 'model.onnx')
    assert (folder / 'model.onnx').stat().st_size > 1000


def test_check_finds_a_contradiction(folder):
    assert 'problem' not in call('check', 'labels.csv')
    with (folder / 'labels.csv').open() as file:
        rows = list(csv.reader(file))
    flipped = [rows[1][0], *['01'[cell == '0'] for cell in rows[1][1:]]]
    with (folder / 'twice.csv').open('w', newline='') as file:
        csv.writer(file).writerows([*rows, flipped])
    text = call('check', 'twice.csv')
    assert 'contradict' in text.lower() or 'disagree' in text.lower() or 'differ' in text.lower()
    environment = call('check', '--env')
    for name in (
        'dsrb_mm',
        'Python',
        'PyTorch',
        'CUDA available',
        'MMEngine',
        'MMPretrain',
        'MMCV',
    ):
        assert f'{name}: ' in environment


def test_compare_ranks_methods(folder):
    text = call(
        *('compare', 'labels.csv', '-m', 'bce', '-m', 'saliency', '--work-dir', 'cmp'),
        *('--runs', 1, '--budget', 4),
    )
    assert 'bce' in text and 'saliency' in text and (folder / 'cmp/results.csv').is_file()
    assert 'all given labels' in text
    masks = ('--known', 'KnownPerCategory:number=9', '-p', 0.5, '--runs', 1, '--budget', 2)
    text = call('compare', 'labels.csv', '-m', 'bce', '--work-dir', 'masks', *masks)
    assert '| method | epoch | 50 % | KnownPerCategory number=9 |' in text
    wrong = ('--work-dir', 'wrong', '--known', 'KnownPerCategory:numbers=9')
    text = call('compare', 'labels.csv', '-m', 'bce', *wrong, code=1)
    assert 'numbers' in text and 'it takes number, seed' in text
    assert not (folder / 'wrong').exists()


def test_compare_tests_on_test_images_and_keeps_to_its_labels(folder):
    rows = list(csv.DictReader((folder / 'labels.csv').open()))
    with (folder / 'three.csv').open('w', newline='') as file:
        writer = csv.DictWriter(file, ['split', *rows[0]])
        writer.writeheader()
        writer.writerows(
            dict(row, split='test' if i % 4 else 'train') for i, row in enumerate(rows)
        )
    again = ('-m', 'bce', '--work-dir', 'three', '--runs', 1, '--budget', 2)
    text = call('compare', 'three.csv', *again)
    assert 'training on 10 images' in text and 'tested on 30 (test)' in text
    assert 'on the 30 test images' in (folder / 'three/results.md').read_text()
    files = [folder / 'three/labels.csv', folder / 'three/configs/bce.py']
    before = [file.read_bytes() for file in files]
    text = call('compare', 'labels.csv', *again, code=1)
    assert 'to hold a comparison on these labels' in text
    assert [file.read_bytes() for file in files] == before


@pytest.mark.parametrize(
    ('arguments', 'message'),
    [
        (['train', 'labels.csv', '--budget', 'soon'], 'expected a number of steps or auto'),
        (['train', 'nothing.csv'], 'does not exist'),
        (['predict', 'nowhere', 'labels.csv'], 'does not exist'),
        (['check'], 'expected a file of labels'),
        (['train', 'labels.csv', '--device', 'gpu'], 'expected cpu, cuda'),
        (['ask', '.', 'labels.csv', '--to', 'cvat'], 'label-studio'),
    ],
)
def test_wrong_arguments_are_refused_at_once(arguments, message):
    assert message in call(*arguments, code=2)


def test_labels_are_checked_before_training(folder, monkeypatch):
    rows = list(csv.DictReader((folder / 'work/labels.csv').open()))

    def write(change):
        with (folder / 'changed.csv').open('w', newline='') as file:
            writer = csv.DictWriter(file, rows[0].keys())
            writer.writeheader()
            writer.writerows(change(dict(row)) if row['split'] == 'train' else row for row in rows)
        return ('changed.csv', '--work-dir', 'changed', '--images', '.', '--budget', 1)

    def stop(cfg, console):
        raise ValueError('training would begin')

    monkeypatch.setattr('dsrb_mm.workflow.training._made_ready', stop)
    text = call('train', *write(lambda row: row | dict(cat='0', dog='')), code=1)
    assert 'training would begin' in text
    assert (
        'note: train: categories without a known positive, which cannot be learnt (1): cat' in text
    )
    assert 'note: train: categories without a known label (1): dog' in text
    none = write(lambda row: row | dict(cat='', dog='', bird='0'))
    assert 'there is nothing to learn' in call('check', *none[:1], '--images', '.', code=1)
    assert 'error: no label is known to be present' in call('train', *none, code=1)


@pytest.mark.parametrize(
    ('text', 'before', 'device', 'after'),
    [
        ('cpu', '0', 'cpu', '-1'),
        ('cuda', '3', 'cuda', '3'),
        ('cuda:1', '', 'cuda', '1'),
        ('cuda:1', '5,7', 'cuda', '7'),
        ('cuda:2', '5,7', 'cuda', '-1'),  # not there
    ],
)
def test_only_the_device_asked_for_is_seen(monkeypatch, text, before, device, after):
    monkeypatch.setenv('CUDA_VISIBLE_DEVICES', before)
    assert choose_device(text) == device
    assert os.environ['CUDA_VISIBLE_DEVICES'] == after


@pytest.mark.skipif(torch.cuda.is_available(), reason='there is a GPU')
def test_what_evaluate_says_of_its_figures(folder):
    text = call('evaluate', 'work')
    assert 'thresholds: cross-validated, because the training chose its own on these images' in text
    assert 'these images chose the epoch' in text
    assert re.search(r'of \d judged categories have fewer than 10 known labels', text)
    other = call('evaluate', 'work', '--labels', 'labels.csv', '--split', 'train')
    assert 'chose the epoch' not in other
    assert 'of these images were trained on: other ones are predicted worse' in other
    assert 'were trained on' not in text


@pytest.fixture
def copied(folder):
    """A work directory whose checkpoint may change."""
    shutil.copytree(folder / 'work', folder / 'copied', dirs_exist_ok=True)
    yield 'copied'
    shutil.rmtree(folder / 'copied')


def test_thresholds_are_shown_and_chosen(folder, copied):
    text = call('thresholds', copied)
    assert 'rule: f1; known, present: labels of the 8 images (val)' in text
    assert 'read from copied/' in text
    own = ('--set', 'dog=0.25', '--set', 'cat=never')
    text = call('thresholds', copied, *own, '--out', 'thresholds.csv')
    assert re.search('cat .* never predicted', text) and 'stored in copied/' in text
    rows = {row['category']: row for row in csv.DictReader((folder / 'thresholds.csv').open())}
    assert rows['cat']['threshold'] == '' and float(rows['dog']['threshold']) == 0.25
    assert '1 of 3 categories are never predicted' in text
    text = call('evaluate', copied)
    assert 'thresholds: those chosen (f1, 2 by hand)' in text
    image = next(folder.glob('images/*.png'))
    found = dsrb_mm.load(copied)(image)[0]
    assert 'cat' not in found['pred_classes']
    before = dsrb_mm.load('work').model.calibration.thresholds
    assert 'rule: f1;' in call('thresholds', copied, '--best-f1')
    assert np.allclose(dsrb_mm.load(copied).model.calibration.thresholds, before, atol=1e-3)


def test_a_model_without_thresholds(folder, copied):
    path = find_checkpoint(folder / copied)
    content = torch.load(path, weights_only=False)
    content['meta'].pop('calibration')
    torch.save(content, path)
    assert 'has no thresholds: --best-f1 chooses them' in call('thresholds', copied, code=1)
    text = ' '.join(call('evaluate', copied).split())
    assert 'thresholds: cross-validated, because the model has none' in text
    assert 'stored in copied/' in call('thresholds', copied, '--best-f1')


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (['--set', 'cow=0.5'], "but got 'cow=0.5'; it has cat, dog, bird"),
        (['--set', 'dog'], "but got 'dog'"),
        (['--set', 'dog=2'], "threshold in [0, 1] or never, but got '2'"),
        (['--set', 'dog=nan'], "threshold in [0, 1] or never, but got 'nan'"),
        (['--precision', 0.99], 'no category can be shown to keep a precision of 0.99'),
        (['--out', 'copied/config.py'], 'config.py'),
    ],
)
def test_thresholds_that_cannot_be_set(copied, options, message):
    assert message in ' '.join(call('thresholds', copied, *options, code=1).split())


def test_a_split_that_is_not_there_leaves_the_report(folder):
    assert "to have images of split 'test'" in call('report', 'work', '--split', 'test', code=1)
    assert not (folder / 'work/report').exists()


def test_an_export_is_not_replaced_unasked(folder):
    (folder / 'model.onnx').write_text('mine')
    assert 'model.onnx exists; --overwrite' in call('export', 'work', '--out', 'model.onnx', code=1)
    assert (folder / 'model.onnx').read_text() == 'mine'
    (folder / 'model.onnx').unlink()


def test_a_damaged_image_says_how_to_find_all(folder):
    (folder / 'damaged').mkdir()
    for path in folder.glob('images/*.png'):
        data = path.read_bytes()
        (folder / 'damaged' / path.name).write_bytes(data[: len(data) // 2])
    command = ('train', 'labels.csv', '--images', 'damaged', '--work-dir', 'damaged_work')
    assert 'dsrb check labels.csv --decode lists all' in call(*command, code=1)


def test_the_version():
    assert call('--version').strip() == dsrb_mm.__version__


def test_a_device_that_is_not_there(folder):
    assert 'PyTorch finds no such device here' in call(
        *('train', 'labels.csv', '--work-dir', 'gpu', '--device', 'cuda'), code=1
    )
    assert not (folder / 'gpu').exists()


def test_a_training_that_does_not_begin_leaves_the_earlier_one(folder, monkeypatch):
    shutil.copytree(folder / 'work', folder / 'kept')
    before = {path: path.read_bytes() for path in (folder / 'kept').glob('*.*')}
    text = (folder / 'work/labels.csv').read_text()
    flipped = text.replace('train', '-').replace(',val', ',train').replace('-', 'val')
    (folder / 'flipped.csv').write_text(flipped)
    command = ('train', 'flipped.csv', '--images', '.', '--work-dir', 'kept', '--overwrite')
    assert 'expected method to be one of' in call(*command, '--method', 'bcee', code=1)

    def stop(cfg):
        raise ValueError('an image is damaged')

    monkeypatch.setattr('dsrb_mm.workflow.training.use_cached_features', stop)
    assert 'an image is damaged' in call(*command, code=1)
    assert {path: path.read_bytes() for path in (folder / 'kept').glob('*.*')} == before


def test_remarks_name_the_file_that_was_given(folder):
    rows = (folder / 'work/labels.csv').read_text().splitlines()
    odd = [rows[0], rows[1].replace('train', 'other').replace('val', 'other'), *rows[2:]]
    (folder / 'odd.csv').write_text('\n'.join(odd))
    text = call('check', 'odd.csv', '--images', '.')
    assert "note: odd.csv: no data set reads the rows of the splits 'other' (1)" in text


def test_labels_that_cannot_be_read_leave_no_folder(folder):
    (folder / 'empty').mkdir()
    command = ('train', 'labels.csv', '--images', 'empty', '--work-dir', 'nothing')
    assert 'images not found in empty' in call(*command, code=1)
    assert not (folder / 'nothing').exists()


def test_help_needs_neither_pytorch_nor_mmpretrain():
    code = 'import sys; import dsrb.app; print(sorted({"torch", "mmengine"} & set(sys.modules)))'
    done = subprocess.run(
        [sys.executable, '-c', code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.strip() == '[]'


def test_report_writes_a_page(folder):
    assert 'in a browser' in call('report', 'work')
    (page,) = (folder / 'work/report').glob('*.html')
    assert re.search(r'<h1>.*\bwork\b.*</h1>', page.read_text())


def test_import_writes_a_csv_with_a_split(folder):
    (folder / 'tags.csv').write_text('path,tags\nimages/0.png,cat|dog\nimages/1.png,bird\n')
    arguments = ('import', 'tags.csv', '--out', 'imported.csv', '--unknown', 'unlisted')
    assert '3 labels present, 0 absent, 3 unknown' in call(*arguments, '--val', 0)
    call(*arguments, code=1)  # it exists
    (folder / 'tags.csv').write_text('path,tags\nimages/0.png,cat|dog\nimages/gone.png,bird\n')
    arguments = ('import', 'tags.csv', '--out', 'there.csv', '--unknown', 'unlisted', '--val', 0)
    assert 'leave them out (--skip-missing)' in call(*arguments, code=1)
    assert '1 images are missing and were left out' in call(*arguments, '--skip-missing')
    assert '--unknown' in call('import', 'tags.csv', '--out', 'x.csv', code=1)


def test_outputs_and_splits_that_make_no_sense(folder):
    assert "'train' is not one of" in call('report', 'work', '--split', 'train', code=2)
    text = call('evaluate', 'work', '--out', 'metrics.csv', code=1)
    assert 'to end in .json, but got metrics.csv' in text


def test_a_comparison_does_not_replace_the_labels_of_a_training(folder):
    before = (folder / 'work/labels.csv').read_bytes()
    text = call('compare', 'labels.csv', '-m', 'bce', '--work-dir', 'work', code=1)
    assert 'work holds a training' in text and not (folder / 'work/configs').exists()
    assert (folder / 'work/labels.csv').read_bytes() == before


def test_a_file_in_the_way_of_a_report_is_told_before_the_work(folder, monkeypatch):
    monkeypatch.setattr('dsrb_mm.report.writing.judge', None)
    assert 'labels.csv' in call('report', 'work', '--out', 'labels.csv', code=1)
