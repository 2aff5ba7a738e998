"""Every method goes with every recipe, and what they give is whole."""

import pytest
from mmengine.config import Config

from dsrb_mm.workflow import RECIPES, compose, method_names


@pytest.mark.parametrize('recipe', RECIPES)
def test_every_method_is_composed(recipe):
    for method in method_names():
        cfg = compose(recipe, method)
        assert cfg.default_hooks.calibration.fit
        assert cfg.model.backbone.type and cfg.model.head.loss


def test_the_frozen_recipe_is_that_of_the_shipped_config():
    from helpers.training import CONFIGS

    shipped = Config.fromfile(CONFIGS / 'bce_csv_cpu.py')
    assert compose('frozen', 'bce').to_dict() == shipped.to_dict()
    shipped = Config.fromfile(CONFIGS / 'csv_cpu.py')
    assert compose('frozen').to_dict() == shipped.to_dict()


@pytest.mark.parametrize('arguments', [('frozn', None), ('frozen', 'splcc')])
def test_unknown_names_are_refused_with_the_known_ones(arguments):
    with pytest.raises(ValueError, match=r'expected (recipe|method) to be one of .*, but got'):
        compose(*arguments)
