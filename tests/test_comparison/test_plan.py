from pathlib import Path

import pytest
from helpers.training import CONFIGS

from dsrb_mm.comparison import Setup, make_comparison
from dsrb_mm.sweep import KnownLabels

MASKS = [KnownLabels.of_proportion(0.1)]


def plan(setup, work_dir=Path('w')):
    return make_comparison([CONFIGS / 'bce_scenes_p50.py'], MASKS, [0, 1], work_dir, setup)


def test_the_setup_is_part_of_what_a_run_is():
    first, again = plan(Setup(100, 0.2)), plan(Setup(100, 0.2))
    assert [run.fingerprint for run in first] == [run.fingerprint for run in again]
    assert len({run.fingerprint for run in first + plan(Setup(200)) + plan(Setup(100, 0.25))}) == 6
    assert first[0].settings['comparison'] == dict(budget=100, holdout=0.2)
    assert str(first[1].folder) == 'w/bce_scenes/p10_seed1'


@pytest.mark.parametrize(('share', 'parts'), [(0.5, 2), (0.33, 3), (0.2, 5), (0.1, 10)])
def test_shares_are_parts(share, parts):
    assert Setup(holdout=share).parts == parts


@pytest.mark.parametrize('share', [0, -0.2, 0.3, 0.6, 1])
def test_other_shares_are_refused(share):
    with pytest.raises(ValueError, match='one part of the training images'):
        Setup(holdout=share)
