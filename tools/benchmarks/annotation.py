r"""Measure what answers are worth: rounds of training, ranking and answering.

Every strategy starts from the same known labels. After each training the labels that it asks for
are looked up in the complete ones, and the model is trained anew.

Example: python -m tools.benchmarks.annotation configs/saliency_csv_cpu.py --out rounds.csv
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd
from mmengine.config import Config
from rich.console import Console

from dsrb_mm.apis.scoring import score_images
from dsrb_mm.cli.errors import clear_errors
from dsrb_mm.comparison.training import output_to
from dsrb_mm.completion import ORDERS, VALUES, rank_open_entries, write_table
from dsrb_mm.datasets import KnownProportion
from dsrb_mm.datasets.config_data import ConfigData, build_split
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.budget import apply_budget
from dsrb_mm.engine.in_memory_runner import InMemoryRunner, in_memory_config
from dsrb_mm.evaluation.average_precision import average_precision, mean_over_evaluated
from dsrb_mm.features.cached_config import FOLDER, use_cached_features

RANDOM = 'random'
STRATEGIES = (RANDOM, *(f'{order}-{value}' for order in ORDERS for value in VALUES))


@dataclass
class Trial:
    """Trains models on known labels of one data set, whose complete labels are there.

    Args:
        cfg: Config on cached features.
        folder: For the masks of known labels.
        steps: Optimiser steps of each training.
    """

    cfg: Config
    folder: Path
    steps: int

    def __post_init__(self) -> None:
        self.train: ConfigData = build_split(self.cfg, 'train')
        self.test: ConfigData = build_split(self.cfg, 'val')
        self.count = 0

    def measure(self, known: np.ndarray, seed: int) -> tuple[float, np.ndarray]:
        """Train on known labels; returns test mAP and the scores of the training images."""
        self.count += 1
        mask = self.folder / f'{self.count}.npy'
        np.save(mask, np.where(known, 2 * (self.train.truth == 1) - 1, 0).astype(np.int8))
        cfg = in_memory_config(self.cfg, self.folder / 'w')
        cfg.experiment_name = f'annotation_{self.count}'
        cfg.randomness = dict(seed=seed)
        cfg.train_dataloader.dataset.pop('known_proportion', None)
        cfg.train_dataloader.dataset.known = dict(type='LabelFile', path=str(mask))
        cfg.val_dataloader = cfg.val_evaluator = cfg.val_cfg = None
        apply_budget(cfg, self.steps)
        with output_to(self.folder / 'log.txt'):
            with closing(InMemoryRunner.from_cfg(cfg)) as runner:
                runner.train()
            model = bare_model(runner).eval()
            scores, test = (score_images(model, data, self.cfg) for data in (self.train, self.test))
        return mean_over_evaluated(average_precision(test, self.test.labels)[0]), scores


def choose(
    strategy: str, scores: np.ndarray, known: np.ndarray, truth: np.ndarray, number: int, seed: int
) -> np.ndarray:
    """Which unknown labels are asked for, (N, C) bool."""
    chosen = np.zeros(known.shape, bool)
    if strategy == RANDOM:
        open_entries = np.argwhere(~known)
        order = np.random.default_rng(seed).permutation(len(open_entries))[:number]
        chosen[tuple(open_entries[order].T)] = True
        return chosen
    order, value = strategy.split('-')
    labels = np.where(known, truth, -1)
    rows, columns = (range(size) for size in known.shape)
    table = rank_open_entries(scores, labels, rows, columns, order, number, value)
    chosen[table.path.to_numpy(int), table.category.to_numpy(int)] = True
    return chosen


def rounds(trial: Trial, args: argparse.Namespace) -> Iterator[dict]:
    """One row per strategy, seed and number of answers."""
    truth = trial.train.truth
    for seed in args.seeds:
        start = KnownProportion(args.start, seed).choose(truth)
        first = trial.measure(start, seed)
        for strategy in args.strategies:
            known, (precision, scores) = start, first
            for number in range(args.rounds + 1):
                if number:
                    asked = choose(strategy, scores, known, truth, args.answers, seed + number)
                    known = known | asked
                    precision, scores = trial.measure(known, seed)
                present = (known & (truth == 1)).sum(0)
                yield {
                    'strategy': strategy,
                    'seed': seed,
                    'answers': int(known.sum() - start.sum()),
                    'mAP': 100 * precision,
                    'known_present': int(present.sum()),
                    'rarest_present': int(present.min()),
                }


def summarise(table: pd.DataFrame) -> pd.DataFrame:
    """Mean over seeds, and mAP gained per 100 answers since the start."""
    mean = table.groupby(['strategy', 'answers'], sort=False).mean(numeric_only=True)
    mean = mean.drop(columns='seed').reset_index()
    start = mean[mean.answers == 0].set_index('strategy').mAP
    gained = mean.mAP - mean.strategy.map(start)
    return mean.assign(per_100=100 * gained / mean.answers.where(mean.answers > 0))


def parse_args() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument('config', help='config with a frozen backbone and complete labels')
    parser.add_argument('--strategies', nargs='+', choices=STRATEGIES, default=list(STRATEGIES))
    parser.add_argument('--start', type=float, default=0.05, help='share of labels known at first')
    parser.add_argument('--answers', type=int, default=500, help='per round')
    parser.add_argument('--rounds', type=int, default=4)
    parser.add_argument('--seeds', nargs='+', type=int, default=[0, 1, 2])
    parser.add_argument('--budget', type=int, default=400, help='steps of each training')
    parser.add_argument('--cached-features', default=FOLDER, metavar='FOLDER')
    parser.add_argument('--out', type=Path, required=True, help='CSV of every measurement')
    return parser.parse_args()


def main() -> None:
    args = parse_args()
    console = Console(width=120)
    with clear_errors(ValueError), TemporaryDirectory() as folder:
        cfg = use_cached_features(Config.fromfile(args.config), args.cached_features)
        found: list[dict] = []
        for row in rounds(Trial(cfg, Path(folder), args.budget), args):
            found.append(row)
            console.print(row)
            write_table(pd.DataFrame(found), args.out)
        console.print(summarise(pd.DataFrame(found)).to_string(index=False), highlight=False)


if __name__ == '__main__':
    main()
