"""Carrying a comparison out, in one process."""

from __future__ import annotations

import gc
import json
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from mmengine.config import Config
from mmengine.registry import init_default_scope
from rich.console import Console

from dsrb_mm.comparison.plan import Setup
from dsrb_mm.comparison.run_config import run_config
from dsrb_mm.comparison.training import output_to, train_and_score
from dsrb_mm.datasets.config_data import ConfigData, build_split, has_split
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.features import refusal, use_cached_features
from dsrb_mm.fileio.config_file import read_config_file
from dsrb_mm.sweep import Run, RunFailed, run_sweep, write_state
from dsrb_mm.sweep.known_labels import parse_options
from dsrb_mm.sweep.state import MAP, read_metrics, write_text


class Comparison:
    """Trains and scores the runs of a comparison, one after the other.

    Args:
        runs: The plan, of :func:`make_comparison`.
        setup: What all runs share.
        features: Folder of the features of frozen backbones.

    Example:
        >>> comparison = Comparison(runs, Setup(budget=400))
        >>> failures = comparison.carry_out(Console())
    """

    def __init__(
        self, runs: Sequence[Run], setup: Setup, features: Path = Path('work_dirs/features')
    ) -> None:
        self.runs = runs
        self.setup = setup
        self.features = features
        self._methods: dict[Path, tuple[Config, ConfigData]] = {}

    def carry_out(
        self, console: Console, after_run: Callable[[], object] = lambda: None
    ) -> dict[Path, str]:
        """Carry out what is not finished; a run that fails does not stop the others.

        Args:
            console: For progress, and one line per run.
            after_run: Called before the first run and after each.

        Returns:
            Message of every failed run, by its folder.

        Raises:
            ValueError: A config that cannot be compared, or a folder of other settings.
            FileNotFoundError: Data or weights are missing.
        """
        # Before the progress bar: it may say much, and take long.
        for run in self.runs:
            if run.config not in self._methods and read_metrics(run) is None:
                self._methods[run.config] = self._prepare(run, console)
        # MMEngine collects garbage whenever it builds a dataset: of what is here by now, once.
        gc.freeze()
        try:
            # Where no progress bar is shown, a line says what is being trained.
            announce = not console.is_terminal
            return run_sweep(self.runs, self._carry_out_run, console, after_run, announce)
        finally:
            gc.unfreeze()

    def _prepare(self, run: Run, console: Console) -> tuple[Config, ConfigData]:
        """The method's config, on cached features if possible, and its test images."""
        cfg = read_config_file(run.config)
        cfg.merge_from_dict(parse_options(run.options))
        init_default_scope(cfg.get('default_scope') or 'mmpretrain')
        if not has_split(cfg, 'val'):
            raise ValueError(
                f'expected {run.config} to have a val_dataloader, whose images test the methods'
            )
        reason = refusal(cfg)
        if reason is None:
            cfg = use_cached_features(cfg, self.features, keep_backbone=False)
        else:
            text = f'{run.method} trains on images: {reason}'
            console.print(text, markup=False, soft_wrap=True, highlight=False)
            complete_model(cfg)
        return cfg, build_split(cfg, 'val')

    def _carry_out_run(self, run: Run) -> None:
        cfg, test = self._methods[run.config]
        run.folder.mkdir(parents=True, exist_ok=True)
        write_state(run, trained=False)
        log = run.folder / 'train.log'
        try:
            with output_to(log):
                scores, facts = train_and_score(run_config(cfg, run, self.setup), test, run.name)
        except Exception as error:  # whatever a method does wrong must not stop the others
            with log.open('a', encoding='utf-8') as file:
                traceback.print_exc(file=file)
            message = f'{type(error).__name__}: {error}'
            write_state(run, trained=False, error=message)
            raise RunFailed(f'{message} (log: {log})') from error
        scores.save(run.folder)
        last = {f'last/{key}': value for key, value in scores.metrics('last').items()}
        chosen = {_key(key): value for key, value in scores.metrics('chosen').items()}
        write_state(run, trained=True)
        # Written last: a run that has it is finished.
        write_text(run.metrics_file, json.dumps(chosen | last | facts, indent=1))


def _key(name: str) -> str:
    return f'{MAP.rpartition("/")[0]}/{name}'
