"""Reading config files, and saying what is wrong with one that cannot be read."""

from __future__ import annotations

import traceback
from pathlib import Path

from mmengine.config import Config

from dsrb_mm.fileio.atomic import write_atomically

SUFFIXES = ('.py', '.json', '.yml', '.yaml')


class ConfigFileError(ValueError):
    """A file that is not a config, or a config that fails when it is read."""


def read_config_file(path: str | Path) -> Config:
    """Read a config; a config in Python is executed.

    Args:
        path: The file.

    Raises:
        FileNotFoundError: It, or a file that it reads, does not exist.
        ConfigFileError: It is not a config, is empty, or fails; the message names file and line.

    Example:
        >>> cfg = read_config_file('configs/dsrb_csv.py')
    """
    path = Path(path)
    if not path.is_file():
        raise FileNotFoundError(f'expected a config file, but found no {path}')
    if path.suffix not in SUFFIXES:
        raise ConfigFileError(f'expected {path} to be a config ({", ".join(SUFFIXES)})')
    try:
        if not path.read_text(encoding='utf-8').strip():
            raise ConfigFileError(f'expected {path} to be a config, but it is empty')
        return Config.fromfile(path)
    except ConfigFileError:
        raise
    except UnicodeDecodeError as error:
        raise ConfigFileError(
            f'expected {path} to be a config, but it is not text in UTF-8'
        ) from error
    except FileNotFoundError as error:
        missing = error.filename or ' '.join(str(error).split())
        raise FileNotFoundError(f'{path} reads a file that is not there: {missing}') from error
    except SyntaxError as error:
        raise ConfigFileError(
            f'{path} or a config that it reads cannot be read, line {error.lineno}: {error.msg}: '
            f'{(error.text or "").strip()}'
        ) from error
    except Exception as error:  # a config is a program, which may fail in any way
        frame = traceback.extract_tb(error.__traceback__)[-1]
        own = path.suffix == '.py' and 'site-packages' not in frame.filename
        inside = f' ({frame.filename}:{frame.lineno})' if own else ''
        text = ' '.join(str(error).split())
        raise ConfigFileError(
            f'{path} cannot be read as a config: {type(error).__name__}: {text}{inside}'
        ) from error


def write_config_file(cfg: Config, path: str | Path) -> None:
    """Write a config in one step; ``Config.dump`` could leave half of it.

    Args:
        cfg: The config.
        path: A ``.py`` file in an existing folder.

    Raises:
        OSError: The file cannot be written.
    """
    write_atomically(path, cfg.pretty_text.encode())
