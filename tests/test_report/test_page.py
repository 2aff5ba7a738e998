import pytest

from dsrb_mm.report.page import short_name


@pytest.mark.parametrize(
    ('name', 'shown'),
    [
        ('dog', '<bdi>dog</bdi>'),
        ('<b>&', '<bdi>&lt;b&gt;&amp;</bdi>'),
        ('a' * 81, f'<bdi>{"a" * 79}…</bdi>'),
        ('a\nb\x00c\u2028d', '<bdi>a b c d</bdi>'),
        ('\ud800', '<bdi>?</bdi>'),
        ('a\u202eb\u2066', '<bdi>ab</bdi>'),
        (7, '<bdi>7</bdi>'),
    ],
)
def test_names_are_escaped_shortened_and_isolated(name, shown):
    assert short_name(name) == shown
