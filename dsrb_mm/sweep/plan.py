"""What a sweep consists of: the runs, their folders and their commands."""

from __future__ import annotations

import argparse
import hashlib
import json
import re
import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from mmengine.config import Config, DictAction

PROPORTIONS = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9)
LAUNCHERS = ('none', 'pytorch', 'slurm')
CHECKPOINTS = ('last', 'best')
_PROPORTION = 'train_dataloader.dataset.known_proportion'
_SEED = 'randomness.seed'


@dataclass(frozen=True)
class Launch:
    """How processes are started: none, torchrun (``pytorch``) or srun (``slurm``).

    Raises:
        ValueError: No process at all, or several without a launcher.
    """

    launcher: str = 'none'
    num_processes: int = 1

    def __post_init__(self) -> None:
        most = 1 if self.launcher == 'none' else float('inf')
        if not 1 <= self.num_processes <= most:
            raise ValueError(
                'expected the number of processes to be 1 or, with --launcher pytorch or slurm, '
                f'more, but got {self.num_processes} with --launcher {self.launcher}'
            )

    def command(self, tool: Path, arguments: Sequence[str]) -> list[str]:
        """Command line of one of our tools under this launcher."""
        python = [sys.executable]
        if self.launcher == 'pytorch':
            # Standalone: a free port, so that sweeps on one machine do not meet.
            python += ['-m', 'torch.distributed.run', '--standalone']
            python.append(f'--nproc_per_node={self.num_processes}')
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
        checkpoint: Which checkpoint is tested, ``'last'`` or ``'best'``.
        settings: The config with all options merged, and the number of processes.
        fingerprint: Of settings, proportion and seed: a run with another one is another run.
    """

    config: Path
    proportion: float
    seed: int
    folder: Path
    options: tuple[str, ...] = ()
    checkpoint: str = 'last'
    settings: dict = field(default_factory=dict, repr=False, compare=False)
    fingerprint: str = ''

    @property
    def method(self) -> str:
        """Config name without its proportion."""
        return method_name(self.config)

    @property
    def name(self) -> str:
        """What a reader calls the run."""
        return f'{self.method} {100 * self.proportion:g} % seed {self.seed}'

    @property
    def metrics_file(self) -> Path:
        """Written last, in one step: a run that has it is finished."""
        suffix = '' if self.checkpoint == 'last' else f'_{self.checkpoint}'
        return self.folder / f'metrics{suffix}.json'

    def train_arguments(self, resume: bool) -> list[str]:
        """Arguments of tools/train.py.

        Args:
            resume: Whether there is a checkpoint to go on from. Not asked for without one, since
                ``--resume`` makes MMEngine forget the ``load_from`` of a config.
        """
        return [
            *[str(self.config), '--work-dir', str(self.folder)],
            *(['--resume'] if resume else []),
            *['--cfg-options', f'{_PROPORTION}={self.proportion}', f'{_SEED}={self.seed}'],
            *self.options,
        ]

    def test_arguments(self, checkpoint: str, out: Path) -> list[str]:
        """Arguments of tools/test.py."""
        arguments = [str(self.config), checkpoint, '--work-dir', str(self.folder)]
        arguments += ['--out', str(out), '--out-item', 'metrics']
        return [*arguments, *(['--cfg-options', *self.options] if self.options else [])]


def method_name(config: Path) -> str:
    """Name of a config file without its proportion."""
    return re.sub(r'_p\d+$', '', config.stem)


def make_plan(
    configs: Sequence[Path],
    proportions: Sequence[float] = PROPORTIONS,
    seeds: Sequence[int] = (0,),
    work_dir: Path = Path('work_dirs/sweep'),
    options: Sequence[str] = (),
    checkpoint: str = 'last',
    num_processes: int = 1,
) -> list[Run]:
    """All runs of a sweep, seeds outermost, then proportions, then configs.

    So a sweep that is cut off has compared all methods at the proportions it reached, and has
    reached all proportions before it repeats any with another seed.

    Raises:
        ValueError: Nothing to run, a config that does not exist, a proportion outside (0, 1],
            repeated values, two configs of one name, a config whose training set has no
            ``known_proportion``, or options that set what the sweep sets.
    """
    _check(configs, proportions, seeds)
    settings = {config: _settings(config, options, num_processes) for config in configs}
    runs = []
    for seed in seeds:
        for proportion in proportions:
            for config in configs:
                name = f'p{100 * proportion:g}_seed{seed}'
                text = json.dumps([settings[config], proportion, seed], sort_keys=True)
                runs.append(
                    Run(
                        config=config,
                        proportion=proportion,
                        seed=seed,
                        folder=work_dir / method_name(config) / name,
                        options=tuple(options),
                        checkpoint=checkpoint,
                        settings=settings[config],
                        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16],
                    )
                )
    return runs


def _check(configs: Sequence[Path], proportions: Sequence[float], seeds: Sequence[int]) -> None:
    methods = [method_name(config) for config in configs]
    percents = [f'{100 * proportion:g}' for proportion in proportions]
    for name, values in (('configs', methods), ('proportions', percents), ('seeds', seeds)):
        if not values or len(set(values)) != len(values):
            raise ValueError(f'expected {name} to be given and to differ, but got {list(values)}')
    wrong = [value for value in proportions if not 0 < value <= 1]
    if wrong:
        raise ValueError(f'expected proportions to be in (0, 1], but got {wrong}')
    if min(seeds) < 0:
        raise ValueError(f'expected seeds to be 0 or more, but got {list(seeds)}')
    missing = [str(config) for config in configs if not config.is_file()]
    if missing:
        raise ValueError(f'expected configs to be files, but got no file at {missing}')


def _settings(config: Path, options: Sequence[str], num_processes: int) -> dict:
    """The config as the tools will see it, less what differs from run to run."""
    cfg = Config.fromfile(config)
    dataset = cfg.get('train_dataloader', {}).get('dataset', {})
    if dataset.get('type') != 'PartialLabelDataset' or 'known_proportion' not in dataset:
        raise ValueError(
            f'expected the training set of {config} to be a PartialLabelDataset with '
            f'known_proportion, but got type={dataset.get("type")!r} without it'
        )
    parser = argparse.ArgumentParser()
    parser.add_argument('--cfg-options', nargs='*', action=DictAction, default={})
    changes = parser.parse_args(['--cfg-options', *options]).cfg_options
    for reserved in (_PROPORTION, _SEED, 'work_dir', 'resume'):
        if reserved in changes:
            raise ValueError(f'expected --cfg-options to be free of {reserved}, but got {changes}')
    cfg.merge_from_dict(changes)
    cfg.train_dataloader.dataset.pop('known_proportion')
    cfg.get('randomness', {}).pop('seed', None)
    # Through JSON: what is compared is what can be stored.
    content = cfg.to_dict() | {'num_processes': num_processes}
    return json.loads(json.dumps(content, default=str))
