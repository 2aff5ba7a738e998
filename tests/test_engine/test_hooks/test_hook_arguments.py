import pytest

from dsrb_mm.engine.hooks import AttentionPictureHook


def test_bad_arguments_are_named():
    with pytest.raises(ValueError, match='at least 1'):
        AttentionPictureHook('x', interval=0)
