import sys
from pathlib import Path

import numpy as np
import pytest
from helpers.training import CONFIGS

from dsrb_mm.sweep import KnownLabels, Launch, make_plan

VOC, COCO = CONFIGS / 'dsrb_voc_p50.py', CONFIGS / 'dsrb_coco_p50.py'


def plan(*configs, proportions=(0.1, 0.5), seeds=(0, 1), options=(), **kwargs):
    known = list(map(KnownLabels.of_proportion, proportions))
    return make_plan(list(configs), known, seeds, Path('w'), options, **kwargs)


def test_runs_folders_and_order():
    runs = plan(VOC, COCO)
    assert [(r.seed, r.known.proportion, r.method) for r in runs] == [
        (s, p, m) for s in (0, 1) for p in (0.1, 0.5) for m in ('dsrb_voc', 'dsrb_coco')
    ]
    assert runs[0].folder == Path('w/dsrb_voc/p10_seed0')
    assert len({run.folder for run in runs}) == len({run.fingerprint for run in runs}) == 8


def test_proportion_and_seed_reach_the_training():
    run = plan(VOC, proportions=(0.3,), seeds=(7,), options=('budget=1',))[0]
    arguments = run.train_arguments(resume=False)
    assert {
        'train_dataloader.dataset.known_proportion=0.3',
        'randomness.seed=7',
        'budget=1',
    } <= set(arguments)
    assert not any('dataset.seed' in argument for argument in arguments)  # the mask's stays 0
    assert '--resume' not in arguments and '--resume' in run.train_arguments(resume=True)


def test_features_on_disk_are_an_argument_of_the_training_only():
    run = plan(VOC, cached=('--cached-features', 'f'))[0]
    assert run.train_arguments(resume=False)[3:5] == ['--cached-features', 'f']
    assert '--cached-features' not in run.test_arguments('last.pth', Path('m.json'))
    assert run.fingerprint == plan(VOC)[0].fingerprint


def test_fingerprint_follows_what_a_run_depends_on(tmp_path):
    first = plan(VOC)[0].fingerprint
    assert plan(VOC)[0].fingerprint == first
    # All settings alike: the proportion in the file is replaced anyway.
    assert plan(CONFIGS / 'dsrb_voc_p10.py')[0].fingerprint == first
    assert plan(VOC, options=('train_cfg.max_epochs=20',))[0].fingerprint == first
    others = [
        plan(VOC, options=('train_cfg.max_epochs=3',)),
        plan(VOC, num_processes=8),  # another total batch size
        plan(VOC, proportions=(0.2,)),
        plan(VOC, seeds=(1,)),
    ]
    changed = tmp_path / 'dsrb_voc_p50.py'
    changed.write_text(f"_base_ = '{VOC}'\ntrain_cfg = dict(max_epochs=2)\n")
    others.append(plan(changed))
    assert len({first, *[runs[0].fingerprint for runs in others]}) == 6


def test_fingerprint_follows_the_users_own_modules(tmp_path, monkeypatch):
    monkeypatch.syspath_prepend(tmp_path)
    module = tmp_path / 'a_loss_of_mine.py'
    module.write_text('WEIGHT = 1\n')
    config = tmp_path / 'dsrb_voc_p50.py'
    imports = ['dsrb_mm', 'mmpretrain', module.stem]
    config.write_text(f"_base_ = '{VOC}'\ncustom_imports = dict(imports={imports})\n")
    first = plan(config)[0]
    assert str(module) in first.settings['contents of files']
    assert plan(config)[0].fingerprint == first.fingerprint
    module.write_text('WEIGHT = 2\n')
    assert plan(config)[0].fingerprint != first.fingerprint
    sys.modules.pop(module.stem)


@pytest.mark.parametrize(
    ('kwargs', 'message'),
    [
        (dict(proportions=(0.0, 0.5)), r'mask 0 %: .* lie in \(0, 1\], but got 0'),
        (dict(proportions=(0.5, 1.1)), r'mask 110 %: .* lie in \(0, 1\], but got 1\.1'),
        (dict(proportions=(float('nan'),)), 'mask nan %'),
        (dict(proportions=(0.5, 0.5)), 'masks of known labels to be given and to differ'),
        (dict(proportions=()), 'masks of known labels to be given'),
        (dict(seeds=(1, 1)), 'seeds to be given and to differ'),
        (dict(seeds=(-1,)), 'seeds to be 0 or more'),
        (dict(options=('randomness.seed=3',)), r'free of randomness\.seed'),
        (
            dict(options=('train_dataloader.dataset.known_proportion=0.9',)),
            r'free of train_dataloader\.dataset\.known_proportion',
        ),
        (
            dict(options=('train_dataloader.dataset.known.type=SinglePositive',)),
            r'free of train_dataloader\.dataset\.known\.type',
        ),
    ],
)
def test_bad_values(kwargs, message):
    with pytest.raises(ValueError, match=message):
        plan(VOC, **kwargs)


def test_bad_configs(tmp_path):
    with pytest.raises(ValueError, match=r'configs to be files, but got .*no\.py'):
        plan(tmp_path / 'no.py')
    with pytest.raises(ValueError, match='configs to be given and to differ'):
        plan(VOC, CONFIGS / 'dsrb_voc_p10.py')
    plain = tmp_path / 'plain.py'
    plain.write_text("train_dataloader = dict(dataset=dict(type='VOC'))")
    with pytest.raises(ValueError, match=r"plain\.py to be a PartialLabelDataset, .*type='VOC'"):
        plan(plain)
    assert plan(CONFIGS / 'dsrb_csv.py')  # hides nothing by itself


@pytest.mark.parametrize(
    ('launch', 'head', 'tail'),
    [
        (Launch(), [sys.executable, 't.py'], 'none'),
        (
            Launch('pytorch', 8),
            [sys.executable, '-m', 'torch.distributed.run', '--standalone', '--nproc_per_node=8']
            + ['t.py'],
            'pytorch',
        ),
        (
            Launch('slurm', 4),
            ['srun', '--ntasks=4', '--kill-on-bad-exit=1', sys.executable, 't.py'],
            'slurm',
        ),
    ],
)
def test_launcher_commands(launch, head, tail):
    assert launch.command(Path('t.py'), ['c.py']) == [*head, 'c.py', '--launcher', tail]


@pytest.mark.parametrize(
    ('launcher', 'number', 'message'),
    [
        ('none', 2, '--nproc 2 needs --launcher pytorch or slurm'),
        ('pytorch', 0, '--nproc takes a number from 1 on, but got 0'),
    ],
)
def test_bad_number_of_processes(launcher, number, message):
    with pytest.raises(ValueError, match=message):
        Launch(launcher, number)


def test_results_do_not_take_the_place_of_labels(tmp_path):
    labels = tmp_path / 'results.csv'
    labels.touch()
    option = f'train_dataloader.dataset.dataset.ann_file={labels}'
    known = [KnownLabels.of_proportion(0.1)]
    with pytest.raises(ValueError, match='results.csv to be a new file'):
        make_plan([COCO], known, [0], tmp_path, [option])


def test_other_labels_make_another_run(tmp_path):
    labels = tmp_path / 'labels.json'
    option = f'train_dataloader.dataset.dataset.ann_file={labels}'
    mask = KnownLabels.parse(f'LabelFile:path={tmp_path}/mask.npy')
    found = []
    for text in ('{}', '[]', '{}'):
        labels.write_text(text)
        found.append(plan(COCO, options=(option,))[0])
    assert found[0].fingerprint == found[2].fingerprint != found[1].fingerprint
    assert str(labels) in found[0].settings['contents of files']
    masked = []
    for content in (np.ones((1, 2)), np.zeros((1, 2))):
        np.save(tmp_path / 'mask.npy', content)
        masked.append(make_plan([COCO], [mask], [0], Path('w'))[0].fingerprint)
    assert masked[0] != masked[1]
