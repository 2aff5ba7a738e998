import pytest

from dsrb_mm.engine.checkpoints.recorded_files import CheckpointNames, RecordedFiles, take_records

METRIC = 'multi-label/mAP'
HERE = {'epoch_1.pth', 'best_multi-label_mAP_epoch_2.pth'}


def read(recorded, step=5, indicators=(METRIC,)):
    names = CheckpointNames('epoch_{}.pth', indicators)
    return RecordedFiles(recorded, names, step, lambda n: f'/here/{n}' if n in HERE else None)


def test_only_the_entries_that_name_files_are_taken():
    info = dict(epoch=3, best_score=0.5, best_ckpt='a', keep_ckpt_ids=[1], outdated_ckpts=[])
    info |= {'last_ckpt': 'b', 'best_ckpt_x/y': 'c', 'best_score_x/y': 1.0}
    taken = take_records(info)
    assert info == {'epoch': 3, 'best_score': 0.5, 'best_score_x/y': 1.0}
    assert taken.keys() == {
        'best_ckpt', 'best_ckpt_x/y', 'keep_ckpt_ids', 'last_ckpt', 'outdated_ckpts'
    }  # fmt: skip


@pytest.mark.parametrize('folder', ['/elsewhere/', '../other/', '', '/here/'])
def test_the_best_checkpoint_is_looked_for_beside_the_checkpoint(folder):
    files = read(dict(best_ckpt=f'{folder}best_multi-label_mAP_epoch_2.pth'))
    assert files.best == dict(best_ckpt='/here/best_multi-label_mAP_epoch_2.pth')
    assert files.ignored == []


@pytest.mark.parametrize(
    'value',
    [
        '/here', '/here/', '..', '', 3, None, ['best_multi-label_mAP_epoch_2.pth'],
        'epoch_1.pth', 'best_other_epoch_2.pth', 'best_multi-label_mAP_epoch_2.pth\n',
        'best_multi-label_mAP_epoch_².pth', 'best_multi-label_mAP_epoch_9.pth',
    ],
)  # fmt: skip
def test_no_other_best_checkpoint_is_believed(value):
    files = read(dict(best_ckpt=value))
    assert files.best == {}
    (message,) = files.ignored
    assert message.startswith('ignored best_ckpt = ')


@pytest.mark.parametrize('indicators', [(), ('auto',)])
def test_best_checkpoints_of_a_metric_yet_unknown(indicators):
    path = '/a/best_multi-label_mAP_epoch_2.pth'
    assert read(dict(best_ckpt=path), indicators=indicators).best
    assert not read(dict(best_ckpt='/a/epoch_1.pth'), indicators=indicators).best


def test_numbers_are_integers_up_to_the_checkpoint():
    values = [2, '3', '../x', 4.0, True, -1, 99, None, 5]
    files = read(dict(keep_ckpt_ids=values))
    assert files.kept == [2, 5]
    assert len(files.ignored) == 7
    assert read(dict(keep_ckpt_ids='12')).kept == []


def test_outdated_files_are_names_of_checkpoints():
    names = ['/abs/file', '../file', 'labels.csv', 'best_other_epoch_1.pth', '../epoch_1.pth', 7]
    files = read(dict(outdated_ckpts=[*names, *sorted(HERE), 'epoch_3.pth']))
    assert files.outdated == [*sorted(HERE), 'epoch_3.pth']
    assert len(files.ignored) == len(names)


def test_templates_with_a_format():
    names = CheckpointNames('run_{:03d}.ckpt', ['a'])
    assert names.is_any('run_007.ckpt') and names.is_best('best_a_run_007.ckpt')
    assert not names.is_any('run_007xckpt') and not names.is_best('run_007.ckpt')
