"""A disk that is full ends a training with one line, and costs no checkpoint."""

import shutil

from helpers.inference import write_config
from kill_points.training import differences, files, kill_config, train

from dsrb_mm.engine.checkpoints.checkpoint_files import damage


def test_full_disk_keeps_the_old_checkpoint(whole, options):
    root, _ = whole
    work_dir = root / 'full'
    work_dir.mkdir()
    shutil.copy(root / 'whole/epoch_4.pth', work_dir)
    (work_dir / 'last_checkpoint').write_text(str(work_dir / 'epoch_4.pth'))
    before = files(work_dir)
    config = write_config(kill_config(root), root / 'full.py')
    size = (work_dir / 'epoch_4.pth').stat().st_size

    assert train(config, work_dir, '--resume', threads=options['threads'], limit=size // 2) == 1
    output = (work_dir / 'output').read_text()
    assert output.splitlines()[-1] == (
        f'error: {work_dir}/epoch_5.pth: File too large (older checkpoints are whole; --resume '
        'goes on from there)'
    )
    assert 'Traceback' not in output
    assert files(work_dir) == before
    assert damage(work_dir / 'epoch_4.pth') is None

    assert train(config, work_dir, '--resume', **options) == 0
    # What was copied names the other folder; what is removed after epoch 5 was not copied.
    found = [d for d in differences(root / 'whole', work_dir) if not d.startswith('epoch_4.pth')]
    assert [name for name in found if 'outdated_ckpts' not in name] == []
