"""What is wrong on a page is found, whether its block is run or marked."""

import pytest
from helpers.docs.pages import follow

MARKER = '<!-- not run by tests: needs a GPU -->\n\n'
TRAIN = 'python tools/train.py configs/dsrb_voc_p50.py'
MARKED = {
    'python tools/trian.py x.py': 'there is no tools/trian.py',
    'python tools/train.py configs/dsrb_coco_p55.py': 'configs/dsrb_coco_p55.py',
    f'{TRAIN} --workdir x': 'unrecognized arguments: --workdir',
    f'{TRAIN} --launcher mpi4': 'invalid choice',
    f'{TRAIN} --cfg-options model.nek.num_classes=3': 'the config has no model.nek.num_classes',
    'python tools/test.py configs/dsrb_csv.py': 'required: checkpoint',
    'srun -n 8 python -u tools/train.py configs/dsrb_csv.py --ampp': '--ampp',
    'tools/dist_train.sh configs/dsrb_csv.py 8 --apm': '--apm',
    'make tests': 'Nothing to be done',
    'python -m tools.benchmarks --suites stepp': 'stepp',
    'python -m pytest tests/kill_points --kill-poinst all': '--kill-poinst',
}
RUN = {
    'make test': ('sh', 'expected a command that a test can run, or before its block a line'),
    'python -m pytest tests': ('sh', 'expected a command that a test can run'),
    'python -c "1 / 0"': ('sh', 'division by zero'),
    'python tools/infer.py CONFIG none.pth photos': ('sh', 'none.pth'),
    'from dsrb_mm import nothing': ('python', 'cannot import name'),
    "_base_ = 'configs/dsrb_csv.py'": ('python', 'to begin with the name of its file'),
    "# my.py\n_base_ = 'configs/none.py'": ('python', 'none.py'),
}
PAGES = [(f'{MARKER}```sh\n{code}\n```', f':3: .*{error}') for code, error in MARKED.items()]
PAGES += [(f'```{kind}\n{code}\n```', f':1: .*{error}') for code, (kind, error) in RUN.items()]
PAGES += [
    (f'{MARKER}```sh\nmake test\n```\n\n```sh\nmake test\n```', ':7: .*a test can run'),
    (f'{MARKER}```python\nx = 1\n```', ':3: .*expected commands after the marker'),
    (MARKER, 'expected a block of code after every marker'),
]


@pytest.mark.parametrize(('text', 'message'), PAGES)
def test_wrong_pages(text, message, in_workspace, tmp_path):
    (tmp_path / 'page.md').write_text(text)
    with pytest.raises(AssertionError, match=f'(?s)page.md.*{message}'):
        follow(tmp_path / 'page.md')
