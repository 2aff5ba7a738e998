"""Wrong commands are found, whether they are marked or run."""

import shlex

import pytest
from fixtures.docs.checks import check
from fixtures.docs.commands import read_page
from fixtures.docs.reader import Reader

TRAIN = 'python tools/train.py configs/dsrb_voc_p50.py'
WRONG = {
    'python tools/trian.py x.py': 'there is no tools/trian.py',
    'python tools/train.py configs/dsrb_coco_p55.py': 'there is none',
    f'{TRAIN} --workdir x': 'unrecognized arguments: --workdir',
    f'{TRAIN} --launcher mpi4': 'invalid choice',
    f'{TRAIN} --cfg-options model.nek.num_classes=3': 'no place for model.nek.num_classes',
    f'{TRAIN} --cfg-options param_scheduler.gamma.x=3': 'no place for param_scheduler.gamma.x',
    'python tools/test.py configs/dsrb_csv.py w/epoch_20.pth': 'trains 12 epochs',
    'python tools/test.py configs/dsrb_csv.py': 'required: checkpoint',
    'srun -n 8 python -u tools/train.py configs/dsrb_csv.py --ampp': '--ampp',
    'tools/dist_trian.sh configs/dsrb_csv.py 8': 'no program',
    'tools/dist_train.sh configs/dsrb_csv.py 8 --apm': '--apm',
    'make tests': 'make knows no tests',
    'make test ARG=-x': 'make takes no ARG',
    'make test ARGS=tests/test_nothing.py': 'there is no tests/test_nothing.py',
    "make bench ARGS='--suites stepp'": 'stepp',
    'python -m pytest tests --kill-poinst all': '--kill-poinst',
    'python -m no_such_module': 'no module no_such_module',
    "pip install -e '.[exprot]'": 'exprot',
    'pip install -r requirements/nothing.txt': 'requirements/nothing.txt',
    'mim trian dsrb_mm dsrb_csv.py': 'no command trian',
    'mim train dsrb_mm dsrb_cvs.py': 'dsrb_cvs.py',
    'mim test dsrb_mm dsrb_csv.py --checkpoint a/epoch_13.pth': 'trains 12 epochs',
    "mim gridsearch dsrb_mm dsrb_csv.py --search-args '--modl.neck.x 1'": 'modl.neck.x',
    'mim run dsrb_mm infer my_config.py a.pth photos --topq 3': '--topq',
    'mim run mmpretrain get_flips my_config.py': 'no tool get_flips',
    'mim run mmpretrain get_flops my_config.py --shapes 3': '--shapes',
}


@pytest.mark.parametrize('command', WRONG)
def test_wrong_commands(command, options_of_pytest):
    with pytest.raises(AssertionError, match=WRONG[command]):
        check(shlex.split(command), options_of_pytest)


@pytest.mark.parametrize(
    ('page', 'message'),
    [
        ('    make test', 'expected a command that a test can run, or before its block a line'),
        ('`python -m pytest tests`', 'expected a command that a test can run'),
        ('    python tools/train.py none.py', 'expected none.py to be a config'),
        ('Pass `tools/train.py --out`.', "tools/train.py has no .'--out'"),
        ('    python -c "1 / 0"', 'division by zero'),
        ('    from dsrb_mm import nothing', 'cannot import name'),
        ("    _base_ = 'configs/none.py'", 'none.py'),
    ],
)
def test_readers_notice(page, message, options_of_pytest, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(Exception, match=message):
        for item in read_page(page):
            Reader(options_of_pytest).follow(item)
