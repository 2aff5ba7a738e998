"""What command-line tools share that read a config without training: arguments and clear ends."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager

from mmengine.config import Config, DictAction

from .cli import clear_errors


def config_parser(description: str | None, checkpoint: bool = False) -> argparse.ArgumentParser:
    """Parser of a tool's config and, on request, checkpoint and device.

    Args:
        description: Shown by ``--help``.
        checkpoint: Whether the tool runs a model.
    """
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config file')
    if checkpoint:
        parser.add_argument('checkpoint', help='checkpoint file')
        parser.add_argument('--device', help='where to compute, such as cpu or cuda:0')
    parser.add_argument(
        '--cfg-options', nargs='+', action=DictAction, help='override config settings: key=value'
    )
    return parser


def read_config(args: argparse.Namespace) -> Config:
    """The config that a parser of :func:`config_parser` was given, with its overrides."""
    cfg = Config.fromfile(args.config)
    cfg.merge_from_dict(args.cfg_options or {})
    return cfg


@contextmanager
def plain_messages() -> Iterator[None]:
    """Turn wrong values and files in the way into one message and exit code 1."""
    try:
        with clear_errors():
            yield
    except (ValueError, FileExistsError) as error:
        sys.exit(f'error: {error}')
