"""Masks of known labels as a sweep names them: on its command line, in folders, in tables."""

from __future__ import annotations

import argparse
import inspect
import re
from collections.abc import Sequence
from dataclasses import dataclass

from mmengine.config import DictAction

from dsrb_mm.datasets.building import build_mask
from dsrb_mm.registry import MASKS

PROPORTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
DATASET = 'train_dataloader.dataset'
# Blanks, brackets and quotes would not survive --cfg-options, through which the training gets them.
_ARGUMENT = r'(?!type=)[A-Za-z_]\w*=[^\s,()\[\]\'"]+'
_SYNTAX = re.compile(rf'[A-Za-z_][\w.]*(:{_ARGUMENT}(,{_ARGUMENT})*)?')


@dataclass(frozen=True)
class KnownLabels:
    """Which labels a run of the sweep knows.

    Attributes:
        mask: Class in the registry of masks.
        arguments: Its arguments as ``key=value``.

    Example::

        KnownLabels.parse('KnownPerCategory:number=20,seed=1')
        KnownLabels.of_proportion(0.1)  # the same as KnownLabels.parse('KnownProportion:p=0.1')
    """

    mask: str
    arguments: tuple[str, ...] = ()

    @classmethod
    def parse(cls, text: str) -> KnownLabels:
        """Read ``MASK`` or ``MASK:key=value,key=value``.

        Raises:
            ValueError: The text is something else.
        """
        if _SYNTAX.fullmatch(text) is None:
            raise ValueError(
                'expected --known to be MASK or MASK:key=value,key=value without blanks, brackets '
                f'and quotes, but got {text!r}'
            )
        mask, _, arguments = text.partition(':')
        return cls(mask, tuple(arguments.split(',')) if arguments else ())

    @classmethod
    def of_proportion(cls, proportion: float) -> KnownLabels:
        """The published mask with a proportion of known labels."""
        return cls('KnownProportion', (f'p={proportion}',))

    @property
    def config(self) -> dict:
        """The mask as configs have it."""
        return dict(type=self.mask, **parse_options(self.arguments))

    @property
    def proportion(self) -> float | None:
        """Proportion of known labels under the published mask, None for all others."""
        config = self.config
        is_published = self.mask == 'KnownProportion' and set(config) == {'type', 'p'}
        is_number = isinstance(config.get('p'), (int, float))
        return config['p'] if is_published and is_number else None

    @property
    def name(self) -> str:
        """What a reader calls it: ``10 %``, ``KnownPerCategory number=20``."""
        if self.proportion == 1:
            return 'all given labels'
        if self.proportion is not None:
            return f'{100 * self.proportion:g} %'
        return ' '.join([self.mask, *self.arguments])

    @property
    def folder(self) -> str:
        """The same as part of a folder's name: ``p10``, ``KnownPerCategory-number=20``."""
        if self.proportion is not None:
            return f'p{100 * self.proportion:g}'
        return re.sub(r'[^\w.=-]', '_', '-'.join([self.mask, *self.arguments]))

    def check(self) -> None:
        """Build the mask, before hours of other work.

        Raises:
            ValueError: It is not registered, or its arguments are wrong.
        """
        try:
            build_mask(self.config)
        except TypeError as error:
            names = ', '.join(inspect.signature(MASKS.get(self.mask)).parameters)
            raise ValueError(f'mask {self.name}: {error}; it takes {names}') from error
        except ValueError as error:
            raise ValueError(f'mask {self.name}: {error}') from error

    def options(self, replace: bool) -> list[str]:
        """The mask as ``--cfg-options`` of a training.

        Args:
            replace: Whether the config has a ``known`` of its own, which must not be merged with.
        """
        if self.proportion is not None:
            own = [f'{DATASET}.known=None'] if replace else []
            return [f'{DATASET}.known_proportion={self.proportion}', *own]
        own = [f'{DATASET}.known._delete_=True'] if replace else []
        arguments = [f'{DATASET}.known.{argument}' for argument in self.arguments]
        return [
            *[f'{DATASET}.known_proportion=None', *own],
            *[f'{DATASET}.known.type={self.mask}', *arguments],
        ]


def parse_options(options: Sequence[str]) -> dict:
    """Options of a command line as the tools read them."""
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='*', action=DictAction, default={})
    return parser.parse_args(['--cfg-options', *options]).cfg_options
