"""kill -9 in the middle of writing leaves the old file of every tool, and the next run writes."""

import os
import signal
from pathlib import Path

import pytest
from helpers.data import random_labels, write_csv
from helpers.inference import CLASSES, PIPELINE, small_config, write_checkpoint, write_config
from helpers.tools import HAS_EXPORT, fork, load_main

from dsrb_mm.fileio.atomic import UNFINISHED

OLD = 'written before'
WRITING = {
    'infer my.py a.pth images/0.png --out out.csv': 'out.csv',
    'infer my.py a.pth images/0.png --out out.jsonl': 'out.jsonl',
    'check_data my.py --out counts.csv': 'counts.csv',
    'complete_labels my.py a.pth --out filled.csv --overwrite': 'filled.csv',
    'import_labels labels.csv --out imported.csv --overwrite': 'imported.csv',
    'ask ranking.csv --image-root images --out review.html --overwrite': 'review.html',
    'report my.py a.pth --out page --mistakes 1': 'page/report.html',
    'calibrate my.py a.pth': 'a.pth',
    'export_onnx my.py a.pth --out model.onnx': 'model.onnx',
    'word_vectors --classes names.txt --glove glove.txt --out vectors.npy': 'vectors.npy',
    'show_label_graph my.py --out graph.png': 'graph.png',
}


@pytest.fixture(scope='module')
def folder(tmp_path_factory):
    root = tmp_path_factory.mktemp('writing')
    labels = random_labels(20, 4)
    labels[::3, 1] = -1
    write_csv(root / 'labels.csv', labels, CLASSES, ['train', 'val'] * 10)
    cfg = small_config('plain')
    for split in ('train', 'val', 'test'):
        data = dict(
            type='CSVMultiLabel', data_root=str(root), ann_file='labels.csv',
            data_prefix=dict(img_path='images'), split_column='split', pipeline=PIPELINE,
            split='train' if split == 'train' else 'val',
        )  # fmt: skip
        cfg[f'{split}_dataloader'] = dict(
            batch_size=8, num_workers=0, sampler=dict(type='DefaultSampler', shuffle=False),
            collate_fn=dict(type='default_collate'),
            dataset=dict(type='PartialLabelDataset', dataset=data),
        )  # fmt: skip
    write_checkpoint(cfg, root / 'a.pth')
    write_config(cfg, root / 'my.py')
    (root / 'names.txt').write_text('cat\ndog\n')
    (root / 'glove.txt').write_text('cat 1 2\ndog 3 4\n')
    (root / 'ranking.csv').write_text('path,category,score\n0.png,dog,0.4\n')
    (root / 'page').mkdir()
    for name in WRITING.values():
        if name != 'a.pth':
            (root / name).write_text(OLD)
    return root


def run(command, folder, killed_at=None):
    """Exit status of a tool in a copy of this process, killed before a file gets its name."""
    name, *arguments = command.split()
    replace = os.replace

    def kill(source, target):
        if Path(target).name == Path(killed_at).name:
            os.kill(os.getpid(), signal.SIGKILL)
        replace(source, target)

    def start():
        os.chdir(folder)
        if killed_at:
            os.replace = kill
        load_main(name)(arguments)

    with (folder / 'log').open('ab') as log:
        status = os.waitstatus_to_exitcode(os.waitpid(fork(start, log.fileno()), 0)[1])
    if killed_at:
        assert status == -signal.SIGKILL, (folder / 'log').read_text()[-1000:]
    else:
        assert status in (0, 1), (folder / 'log').read_text()[-1000:]  # check_data: findings


@pytest.mark.parametrize('command', WRITING)
def test_the_old_file_stays(command, folder):
    if command.startswith('export_onnx') and not HAS_EXPORT:
        pytest.skip('needs the extra export')
    written = folder / WRITING[command]
    before = written.read_bytes()
    run(command, folder, killed_at=written)
    assert written.read_bytes() == before
    left = list(written.parent.glob(f'{written.name}.*{UNFINISHED}'))
    assert len(left) == 1  # what the kill left has a name of its own, which nothing reads
    left[0].unlink()
    if 'export' in command:
        return  # takes seconds
    run(command, folder)
    assert written.read_bytes() != before
    assert not list(folder.rglob(f'*{UNFINISHED}'))
