"""Records that every reader returns: images with what their source says about them."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Any, NamedTuple

NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class ImageTags:
    """What a file says about an image.

    Attributes:
        path: Image as the file names it.
        place: Where in the file, for messages.
        present: Categories that are there.
        looked_for: Categories that an annotator looked for; None where the file does not say.
        disputed: Categories that annotators disagree on, or whose objects are all marked difficult.
        seen: Whether anybody has looked at the image at all.
        split: Its split, if the file names one.
    """

    path: str
    place: str
    present: frozenset[str] = NOTHING
    looked_for: frozenset[str] | None = None
    disputed: frozenset[str] = NOTHING
    seen: bool = True
    split: str | None = None

    @property
    def absent(self) -> frozenset[str]:
        """Return the categories that the file itself says were looked for and not found."""
        return (self.looked_for or NOTHING) - self.present

    def merge(self, other: ImageTags) -> ImageTags:
        """Merge two records of an image; labels on which they disagree are disputed."""
        clash = (self.present & other.absent) | (self.absent & other.present)
        looked_for = [tags.looked_for for tags in (self, other) if tags.looked_for is not None]
        return replace(
            self,
            present=self.present | other.present,
            looked_for=frozenset().union(*looked_for) if looked_for else None,
            disputed=self.disputed | other.disputed | clash,
            seen=self.seen or other.seen,
            split=self.split or other.split,
        )


class Annotations(NamedTuple):
    """What a reader found.

    Attributes:
        images: One record per image, or several.
        categories: All that the file names, in its order; those of images are added to them.
        folders: Where images may lie, the most likely first.
        locate: Gives the paths to look for in these folders for an image's name, the likeliest
            first.
    """

    images: Sequence[ImageTags]
    categories: Sequence[str]
    folders: Sequence[str]
    locate: Callable[[str], Sequence[str]] = lambda name: (name,)


@dataclass(frozen=True)
class ReaderOptions:
    """Options of the readers.

    Attributes:
        field: Which column, or field, holds the labels (or the image, in Label Studio's tasks).
        separator: Between tags in one cell.
        ignored: Further columns of a CSV that are ignored.
    """

    field: str | None = None
    separator: str = '|'
    ignored: Sequence[str] = ()


def names_in(value: Any, where: str) -> list[str]:
    """Check a list of category names, and strip them.

    Raises:
        ValueError: Something else; the message begins with ``where``.
    """
    if not isinstance(value, (list, tuple)) or not all(isinstance(name, str) for name in value):
        raise ValueError(f'{where}: expected a list of category names, but got {value!r:.80}')
    return list(clean(value))


def clean(names: Iterable[str]) -> list[str]:
    """Strip names, and leave out empty ones."""
    return [name.strip() for name in names if name.strip()]
