"""Every method goes with every recipe, and what they give is whole."""

import pytest
from helpers.training import CONFIGS
from mmengine.config import Config

from dsrb_mm.engine.budget import fit_schedule
from dsrb_mm.workflow import RECIPES, compose, method_names


@pytest.mark.parametrize('recipe', RECIPES)
def test_every_method_is_composed(recipe):
    for method in method_names():
        cfg = compose(recipe, method)
        assert cfg.default_hooks.calibration.fit
        assert cfg.model.backbone.type and cfg.model.head.loss


def test_the_frozen_recipe_is_that_of_the_shipped_config():
    shipped = Config.fromfile(CONFIGS / 'bce_csv_cpu.py')
    assert compose('frozen', 'bce').to_dict() == shipped.to_dict()
    shipped = Config.fromfile(CONFIGS / 'csv_cpu.py')
    assert compose('frozen').to_dict() == shipped.to_dict()


@pytest.mark.parametrize('arguments', [('frozn', None), ('frozen', 'splcc')])
def test_unknown_names_are_refused_with_the_known_ones(arguments):
    with pytest.raises(ValueError, match=r'expected (recipe|method) to be one of .*, but got'):
        compose(*arguments)


@pytest.mark.parametrize('recipe', RECIPES)
def test_every_part_of_a_method_comes_into_use_within_a_budget(recipe):
    for method in method_names():
        cfg = compose(recipe, method)
        fit_schedule(cfg, 400, 2400)
        epochs = cfg.train_cfg.max_epochs
        for part in cfg.model.head.get('complements', []):
            assert part.get('begin', 0) < epochs, method


def test_the_schedules_of_a_method_keep_their_shares_of_the_training():
    cfg = compose('frozen', 'curriculum')  # written for 40 epochs: begin=20
    assert cfg.train_cfg.max_epochs == 12
    assert cfg.model.head.complements[0].begin == 6
    assert compose('frozen', 'll_r').model.head.loss.delta_rel == pytest.approx(0.05 * 40 / 12)
    (intra, cross) = compose('frozen', 'sst').model.head.complements
    assert intra.threshold.step == cross.threshold.step == pytest.approx(0.0125 * 40 / 12)


def test_dsrb_has_its_settings_for_the_recipe():
    shipped = Config.fromfile(CONFIGS / 'dsrb_csv_cpu.py').to_dict()
    shipped.pop('method_epochs')
    assert compose('frozen', 'dsrb').to_dict() == shipped
    assert compose('fine-tuned', 'dsrb').model.head.complements[0].learnable is False
    assert not {name for name in method_names() if name.endswith(('_modern', '_small_data'))}


def test_the_default_has_a_name():
    assert compose('frozen', 'default').to_dict() == compose('frozen').to_dict()
    assert compose('frozen', 'default', only_present=True).model.head.loss.type != 'PartialBCELoss'
