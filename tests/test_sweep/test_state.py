import json
import zipfile

import pytest
from helpers.training import CONFIGS

from dsrb_mm.sweep import KnownLabels, last_checkpoint, make_plan, read_metrics, status, write_state


@pytest.fixture
def run(tmp_path):
    (run,) = make_plan(
        [CONFIGS / 'dsrb_voc_p50.py'], [KnownLabels.of_proportion(0.1)], [0], tmp_path
    )
    run.folder.mkdir(parents=True)
    return run


def checkpoint(folder, number):
    path = folder / f'epoch_{number}.pth'
    zipfile.ZipFile(path, 'w').close()
    return path


def test_status_of_a_run(run):
    assert status(run) == 'missing'
    write_state(run, trained=False)
    assert status(run) == 'unfinished'
    write_state(run, trained=True, error='exit code 1')
    assert status(run) == 'failed' and read_metrics(run) is None
    run.metrics_file.write_text('{"multi-label/mAP": 1.0}')
    assert status(run) == 'finished' and read_metrics(run) == {'multi-label/mAP': 1.0}


def test_other_settings_are_refused_and_named(run, tmp_path):
    write_state(run, trained=True)
    options = ['train_cfg.max_epochs=3']
    (other,) = make_plan([run.config], [KnownLabels.of_proportion(0.1)], [0], tmp_path, options)
    with pytest.raises(ValueError, match=r'train_cfg\.max_epochs: 20, now 3'):
        read_metrics(other)


def test_a_training_that_is_not_of_a_sweep_is_refused(run):
    run.metrics_file.write_text(json.dumps({'multi-label/mAP': 99.0}))
    with pytest.raises(ValueError, match=r'without run\.json'):
        read_metrics(run)


@pytest.mark.parametrize('content', ['', '/elsewhere/epoch_2.pth', None])
def test_damaged_pointer_is_set_to_the_newest_whole_checkpoint(tmp_path, content):
    pointer = tmp_path / 'last_checkpoint'
    if content is not None:
        pointer.write_text(content)
    checkpoint(tmp_path, 1)
    newest = checkpoint(tmp_path, 2)
    (tmp_path / 'epoch_3.pth').write_bytes(newest.read_bytes()[:5])  # cut off while it was written
    assert last_checkpoint(tmp_path) == newest
    assert pointer.read_text() == str(newest)


def test_pointer_without_any_checkpoint_is_removed(tmp_path):
    pointer = tmp_path / 'last_checkpoint'
    pointer.touch()
    assert last_checkpoint(tmp_path) is None
    assert not pointer.exists()


def test_pointer_decides_between_whole_checkpoints(tmp_path):
    first = checkpoint(tmp_path, 1)
    checkpoint(tmp_path, 2)
    (tmp_path / 'last_checkpoint').write_text(str(first))
    assert last_checkpoint(tmp_path) == first
