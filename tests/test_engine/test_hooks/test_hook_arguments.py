import pytest

from dsrb_mm.engine.hooks import AttentionPictureHook, ContrastiveRampHook, PrototypeHook


@pytest.mark.parametrize(
    ('build', 'message'),
    [
        (lambda: PrototypeHook(begin=-1), 'begin to be 0 or more, but got -1'),
        (lambda: PrototypeHook(interval=0), 'interval to be at least 1, but got 0'),
        (lambda: ContrastiveRampHook(epochs=-2), '-2'),
        (lambda: AttentionPictureHook('x', interval=0), 'at least 1'),
    ],
)
def test_bad_arguments_are_named(build, message):
    with pytest.raises(ValueError, match=message):
        build()
