import pytest

from dsrb_mm.models import PartialLabelLoss


def test_a_loss_without_a_formula_is_refused_when_it_is_built():
    class Misspelt(PartialLabelLoss):
        def entry_loss(self, logits, target):
            return logits

    with pytest.raises(NotImplementedError, match='Misspelt has no formula: give it entry_losses'):
        Misspelt()
