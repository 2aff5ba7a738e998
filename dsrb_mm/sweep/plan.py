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

from dsrb_mm.datasets.config_files import files_of_config, read_by_config
from dsrb_mm.engine.config_keys import merge_options
from dsrb_mm.fileio.config_file import read_config_file
from dsrb_mm.fileio.digests import file_digests
from dsrb_mm.fileio.outputs import check_outputs
from dsrb_mm.sweep.known_labels import DATASET, PROPORTIONS, KnownLabels, parse_options

LAUNCHERS = ('none', 'pytorch', 'slurm')
CHECKPOINTS = ('last', 'best')
RESULTS = ('results.csv', 'results.json', 'results.md', 'map.png')  # in the folder of a sweep
_SEED = 'randomness.seed'


@dataclass(frozen=True)
class Launch:
    """Start the processes of a run: one as it is, or several by torchrun or srun.

    Raises:
        ValueError: No process at all, or several without a launcher.
    """

    launcher: str = 'none'
    num_processes: int = 1

    def __post_init__(self) -> None:
        if self.num_processes < 1:
            raise ValueError(f'--nproc takes a number from 1 on, but got {self.num_processes}')
        if self.launcher == 'none' and self.num_processes > 1:
            raise ValueError(f'--nproc {self.num_processes} needs --launcher pytorch or slurm')

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
        known: Which labels are known.
        seed: Seed of the training; the mask of known labels keeps its own.
        folder: Where everything of the run goes.
        options: Further ``--cfg-options``.
        cached: Arguments of tools/train.py that keep features or images on disk.
        checkpoint: Which checkpoint is tested, ``'last'`` or ``'best'``.
        replaces_known: Whether the config has a ``known`` of its own.
        settings: The config with all options merged, and the number of processes.
        fingerprint: Of settings, known labels and seed: a run with another one is another run.
    """

    config: Path
    known: KnownLabels
    seed: int
    folder: Path
    options: tuple[str, ...] = ()
    cached: tuple[str, ...] = ()
    checkpoint: str = 'last'
    replaces_known: bool = False
    settings: dict = field(default_factory=dict, repr=False, compare=False)
    fingerprint: str = ''

    @property
    def method(self) -> str:
        """Config name without its proportion."""
        return method_name(self.config)

    @property
    def name(self) -> str:
        """What a reader calls the run."""
        return f'{self.method} {self.known.name} seed {self.seed}'

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
            *self.cached,
            *['--cfg-options', *self.known.options(self.replaces_known)],
            *[f'{_SEED}={self.seed}', *self.options],
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
    known: Sequence[KnownLabels] = tuple(map(KnownLabels.of_proportion, PROPORTIONS)),
    seeds: Sequence[int] = (0,),
    work_dir: Path = Path('work_dirs/sweep'),
    options: Sequence[str] = (),
    checkpoint: str = 'last',
    num_processes: int = 1,
    cached: Sequence[str] = (),
) -> list[Run]:
    """All runs of a sweep, seeds outermost, then masks of known labels, then configs.

    So a sweep that is cut off has compared all methods under the masks it reached, and has
    reached all masks before it repeats any with another seed.

    Args:
        configs: The methods.
        known: Masks of known labels.
        seeds: Of the training.
        work_dir: Where results go.
        options: ``--cfg-options`` for all runs.
        checkpoint: Which checkpoint is tested, ``'last'`` or ``'best'``.
        num_processes: Of a distributed run.
        cached: Arguments of tools/train.py that keep features or images on disk. They are not part
            of the fingerprint: a run may go on with others.

    Raises:
        ValueError: Nothing to run, a config that does not exist, a mask that is not registered or
            has wrong arguments, repeated values, two configs of one name, a config whose training
            set is no ``PartialLabelDataset``, options that nothing reads or the sweep sets, or a
            work_dir whose results would take the place of a file that a config reads.
    """
    _check(configs, known, seeds)
    read = {config: _read(config, options) for config in configs}
    for cfg in read.values():
        check_outputs([work_dir / name for name in RESULTS], files_of_config(cfg))
    settings_of = {config: _settings(cfg, num_processes) for config, cfg in read.items()}
    for mask in known:  # which configs may have registered
        mask.check()
    runs = []
    for seed in seeds:
        for mask in known:
            for config in configs:
                replaces, settings = settings_of[config]
                settings = _with_mask_file(settings, mask)
                text = json.dumps([settings, mask.config, seed], sort_keys=True)
                runs.append(
                    Run(
                        config=config,
                        known=mask,
                        seed=seed,
                        folder=work_dir / method_name(config) / f'{mask.folder}_seed{seed}',
                        options=tuple(options),
                        cached=tuple(cached),
                        checkpoint=checkpoint,
                        replaces_known=replaces,
                        settings=settings,
                        fingerprint=hashlib.sha256(text.encode()).hexdigest()[:16],
                    )
                )
    return runs


def _check(configs: Sequence[Path], known: Sequence[KnownLabels], seeds: Sequence[int]) -> None:
    methods = [method_name(config) for config in configs]
    # Folders are compared: they must not be shared.
    masks = [mask.folder for mask in known]
    for name, values in (('configs', methods), ('masks of known labels', masks), ('seeds', seeds)):
        if not values or len(set(values)) != len(values):
            raise ValueError(f'expected {name} to be given and to differ, but got {list(values)}')
    if min(seeds) < 0:
        raise ValueError(f'expected seeds to be 0 or more, but got {list(seeds)}')
    missing = [str(config) for config in configs if not config.is_file()]
    if missing:
        raise ValueError(f'expected configs to be files, but got no file at {missing}')


def _read(config: Path, options: Sequence[str]) -> Config:
    """The config with the options of the command line, which must not set what the sweep sets."""
    cfg = read_config_file(config)
    dataset = cfg.get('train_dataloader', {}).get('dataset', {})
    if dataset.get('type') != 'PartialLabelDataset':
        raise ValueError(
            f'expected the training set of {config} to be a PartialLabelDataset, but got '
            f'type={dataset.get("type")!r}'
        )
    changes = parse_options(options)
    reserved = (f'{DATASET}.known_proportion', f'{DATASET}.known', _SEED, 'work_dir', 'resume')
    for key in changes:
        if key in reserved or key.startswith(f'{DATASET}.known.'):
            raise ValueError(f'expected --cfg-options to be free of {key}, but got {changes}')
    merge_options(cfg, changes)
    return cfg


def _settings(cfg: Config, num_processes: int) -> tuple[bool, dict]:
    """Whether the config has a mask of its own, and the rest that is the same in all its runs."""
    content = cfg.to_dict() | {'num_processes': num_processes}
    dataset = content['train_dataloader']['dataset']
    dataset.pop('known_proportion', None)
    replaces = 'known' in dataset
    dataset.pop('known', None)
    (content.get('randomness') or {}).pop('seed', None)
    # Other labels make another run, though their file is called the same.
    content['contents of files'] = file_digests(read_by_config(cfg))
    # Through JSON: what is compared is what can be stored.
    return replaces, json.loads(json.dumps(content, default=str))


def _with_mask_file(settings: dict, mask: KnownLabels) -> dict:
    """The settings with the contents of the file that a mask reads."""
    path = mask.config.get('path')
    if not isinstance(path, str) or not Path(path).is_file():
        return settings
    key = 'contents of files'
    return settings | {key: settings[key] | file_digests([path])}
