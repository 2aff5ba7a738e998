"""What a sweep consists of: the runs, their folders and their commands."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmengine.config import Config

PROPORTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LAUNCHERS = ('none', 'pytorch', 'slurm')


@dataclass(frozen=True)
class Launch:
    """How processes are started: none, torchrun (``pytorch``) or srun (``slurm``)."""

    launcher: str = 'none'
    num_processes: int = 1

    def command(self, tool: Path, arguments: Sequence[str]) -> list[str]:
        """Command line of one of our tools under this launcher."""
        python = [sys.executable]
        if self.launcher == 'pytorch':
            python += ['-m', 'torch.distributed.run', f'--nproc_per_node={self.num_processes}']
        elif self.launcher == 'slurm':
            python = ['srun', f'--ntasks={self.num_processes}', '--kill-on-bad-exit=1', *python]
        return [*python, str(tool), *arguments, '--launcher', self.launcher]


@dataclass(frozen=True)
class Run:
    """One training of a sweep.

    Attributes:
        config: Config file.
        proportion: Proportion of known labels.
        seed: Seed of the training; the mask of known labels keeps the published seed.
        folder: Where everything of the run goes.
        options: Further ``--cfg-options``.
        fingerprint: Of the config and all options: runs with other settings are other runs.
    """

    config: Path
    proportion: float
    seed: int
    folder: Path
    options: tuple[str, ...] = field(default=())
    fingerprint: str = ''

    @property
    def method(self) -> str:
        """Config name without its proportion."""
        return re.sub(r'_p\d+$', '', self.config.stem)

    @property
    def metrics_file(self) -> Path:
        """Written last, in one step: a run that has it is finished."""
        return self.folder / 'metrics.json'

    def train_arguments(self) -> list[str]:
        """Arguments of tools/train.py; an unfinished training is resumed."""
        return [
            *[str(self.config), '--work-dir', str(self.folder), '--resume', '--cfg-options'],
            f'train_dataloader.dataset.known_proportion={self.proportion}',
            f'randomness.seed={self.seed}',
            *self.options,
        ]

    def test_arguments(self, checkpoint: str, out: Path) -> list[str]:
        """Arguments of tools/test.py."""
        arguments = [str(self.config), checkpoint, '--work-dir', str(self.folder)]
        arguments += ['--out', str(out), '--out-item', 'metrics']
        return [*arguments, *(['--cfg-options', *self.options] if self.options else [])]


def make_plan(
    configs: Sequence[Path],
    proportions: Sequence[float],
    seeds: Sequence[int],
    work_dir: Path,
    options: Sequence[str] = (),
) -> list[Run]:
    """All runs of a sweep, seeds outermost, then proportions, then configs.

    So a sweep that is cut off has compared all methods at the proportions it reached.

    Raises:
        FileNotFoundError: A config does not exist.
        ValueError: Nothing to run, a proportion outside (0, 1], repeated values, two configs of one
            name, or a config whose training set has no ``known_proportion``.
    """
    _check(configs, proportions, seeds)
    prints = {config: _fingerprint(config, options) for config in configs}
    runs = []
    for seed in seeds:
        for proportion in proportions:
            for config in configs:
                name = f'p{100 * proportion:g}_seed{seed}'
                text = f'{prints[config]} {proportion} {seed}'
                runs.append(
                    Run(
                        config=config,
                        proportion=proportion,
                        seed=seed,
                        folder=work_dir / re.sub(r'_p\d+$', '', config.stem) / name,
                        options=tuple(options),
                        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16],
                    )
                )
    return runs


def _check(configs: Sequence[Path], proportions: Sequence[float], seeds: Sequence[int]) -> None:
    methods = [re.sub(r'_p\d+$', '', config.stem) for config in configs]
    for name, values in (('configs', methods), ('proportions', proportions), ('seeds', seeds)):
        if not values or len(set(values)) != len(values):
            raise ValueError(f'expected {name} to be given and to differ, but got {list(values)}')
    wrong = [value for value in proportions if not 0 < value <= 1]
    if wrong:
        raise ValueError(f'expected proportions to lie in (0, 1], but got {wrong}')
    for config in configs:
        if not config.is_file():
            raise FileNotFoundError(f'no such config: {config}')


def _fingerprint(config: Path, options: Sequence[str]) -> str:
    cfg = Config.fromfile(config)
    dataset = cfg.get('train_dataloader', {}).get('dataset', {})
    if dataset.get('type') != 'PartialLabelDataset' or 'known_proportion' not in dataset:
        raise ValueError(
            f'expected the training set of {config} to be a PartialLabelDataset with '
            f'known_proportion, but got type={dataset.get("type")!r} without it'
        )
    return json.dumps([cfg.to_dict(), sorted(options)], sort_keys=True, default=str)
