"""Whether two lists of categories agree, by name."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence

_SHOWN = 5  # names in a message
# Names of categories that have none: readers number them.
_NUMBERED = re.compile(r'(category )?\d+')


class CategoryMismatchError(ValueError):
    """Categories that should be the same and are not."""


def compare_categories(one: str, expected: Sequence[str], other: str, found: Sequence[str]) -> None:
    """Check that two lists hold the same categories in the same order.

    Args:
        one: Whose list is ``expected``, for the message.
        expected: Names that the other list has to have.
        other: Whose list is ``found``.
        found: The list that is checked.

    Raises:
        CategoryMismatchError: The lists differ; the message names the categories.

    Example:
        >>> compare_categories('the checkpoint', ['cat', 'dog'], 'the test set', ['cat', 'dog'])
    """
    if tuple(expected) == tuple(found):
        return
    only_one = [name for name in expected if name not in found][:_SHOWN]
    only_other = [name for name in found if name not in expected][:_SHOWN]
    detail = (
        f'only in {one}: {only_one}, only in {other}: {only_other}'
        if only_one or only_other
        else f'the same categories in another order ({_first_difference(expected, found)})'
    )
    raise CategoryMismatchError(
        f'expected {other} to have the categories of {one} in the same order, but got '
        f'{len(found)} instead of {len(expected)}: {detail}'
    )


def find_categories(names: Sequence[str], classes: Sequence[str]) -> list[int]:
    """Places of categories in a list, by name.

    Raises:
        ValueError: A name is not in the list; the message has near ones.

    Example:
        >>> find_categories(['dog'], ['cat', 'dog'])
        [1]
    """
    for name in names:
        if name not in classes:
            near = difflib.get_close_matches(name, classes)
            hint = f'; did you mean {near}?' if near else f' of {len(classes)} categories'
            raise ValueError(f'expected names of categories, but got {name!r}{hint}')
    return [classes.index(name) for name in names]


def check_renaming(trained: Sequence[str], names: Sequence[str], source: str) -> None:
    """Check that other names for a model's categories do not exchange them.

    Other words, such as translations, are fine, as long as no name stands where the model has
    another category. Categories that are only numbered may get any names.

    Args:
        trained: Names that the model was trained with, in the order of its outputs.
        names: Names to use instead.
        source: Where ``names`` come from, for the message.

    Raises:
        CategoryMismatchError: A name of ``trained`` stands at another place.

    Example:
        >>> check_renaming(['cat', 'dog'], ['Katze', 'Hund'], 'names.txt')
    """
    if all(_NUMBERED.fullmatch(name) for name in trained):
        return
    places = {name: place for place, name in enumerate(trained)}
    for place, name in enumerate(names):
        if places.get(name, place) != place:
            instead = trained[place] if place < len(trained) else 'none'
            raise CategoryMismatchError(
                f'expected names in the order of the model, but {source} has {name!r} at place '
                f'{place + 1}, where the model has {instead!r}; its order is {list(trained[:8])}'
                f'{" ..." if len(trained) > 8 else ""}. Leave the names out to use those of the '
                'checkpoint'
            )


def _first_difference(one: Sequence[str], other: Sequence[str]) -> str:
    place = next(i for i, (a, b) in enumerate(zip(one, other, strict=True)) if a != b)
    return f'{other[place]!r} instead of {one[place]!r} at place {place + 1}'
