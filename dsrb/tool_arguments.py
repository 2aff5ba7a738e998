"""Arguments that several programs in ``tools/`` take, named as in OpenMMLab.

A tool imports ``dsrb_mm``, which takes seconds, when its arguments have been parsed.
"""

from __future__ import annotations

import argparse
from typing import Any

# Where --cached-features and --cached-images keep them, if no folder is named.
FEATURES = 'work_dirs/features'
IMAGES = 'work_dirs/images'


class ConfigOptions(argparse.Action):
    """MMEngine's ``DictAction``, which is loaded only if the option is given."""

    def __call__(self, parser: Any, namespace: Any, values: Any, option_string: Any = None) -> None:
        """Parse ``key=value`` into a dict."""
        from mmengine.config import DictAction

        action = DictAction(self.option_strings, self.dest)
        action(parser, namespace, values, option_string)


def runner_arguments(description: str) -> argparse.ArgumentParser:
    """Parser with the arguments of every tool that builds a runner."""
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('config', help='config file')
    parser.add_argument('--work-dir', help='folder of logs and checkpoints')
    parser.add_argument(
        '--cfg-options',
        nargs='+',
        action=ConfigOptions,
        help='override config settings: key=value; lists as key="[a,b]"',
    )
    parser.add_argument(
        '--launcher',
        choices=['none', 'pytorch', 'slurm', 'mpi'],
        default='none',
        help='job launcher',
    )
    # torchrun's predecessors pass the rank as an argument.
    parser.add_argument('--local_rank', '--local-rank', type=int, default=0)
    return parser


def add_training_options(parser: argparse.ArgumentParser) -> None:
    """Add ``--budget``, ``--cached-features`` and ``--cached-images``."""
    parser.add_argument(
        '--budget',
        type=budget,
        metavar='STEPS',
        help='length of the training in optimiser steps, or auto: chosen by the known labels',
    )
    kept = parser.add_mutually_exclusive_group()
    kept.add_argument(
        '--cached-features',
        nargs='?',
        const=FEATURES,
        metavar='FOLDER',
        help=f'compute the maps of a frozen backbone once, and keep them (default: {FEATURES})',
    )
    kept.add_argument(
        '--cached-images',
        nargs='?',
        const=IMAGES,
        metavar='FOLDER',
        help=f'decode and resize the images once, and keep them (default: {IMAGES})',
    )


def config_arguments(description: str | None, checkpoint: bool = False) -> argparse.ArgumentParser:
    """Parser of a tool that reads a config without training: config, checkpoint, device.

    Args:
        description: Shown by ``--help`` as it is laid out.
        checkpoint: Whether the tool runs a model.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config file')
    if checkpoint:
        parser.add_argument('checkpoint', help='checkpoint file')
        parser.add_argument(
            '--device', help='cpu, cuda, cuda:1 ...; default: the GPU if there is one'
        )
    parser.add_argument(
        '--cfg-options', nargs='+', action=ConfigOptions, help='override config settings: key=value'
    )
    return parser


def budget(text: str) -> int | str:
    """Read ``--budget``: a number of optimiser steps, or ``auto``.

    Raises:
        ValueError: The text is something else.
    """
    return text if text == 'auto' else int(text)
