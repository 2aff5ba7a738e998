"""Curves of a training, from the scalars that MMEngine's LocalVisBackend writes."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.ticker import MaxNLocator

from dsrb_mm.visualization.figures import save_figure

SCALARS = 'vis_data/scalars.json'
_WIDTH, _HEIGHT = 3.8, 3.5  # inches per panel
_FEW = 25
# Of what is logged, these say when and how fast.
_BOOKKEEPING = {'step', 'iter', 'epoch', 'time', 'data_time', 'memory', 'eta', 'iteration'}
# Groups by the name of a scalar; the others are grouped by their first word.
_GROUPS = {
    'loss': re.compile(r'loss(_.*)?|base_rate_entropy'),
    'changed labels per image': re.compile(r'.*_changed'),
    'learning rate': re.compile(r'(.*[_/])?lr'),
}
_OTHERS = 'other values'
_METRICS, _LOSS = 'metrics', 'loss'
_VALIDATION_LOSS = 'cross_entropy'  # of MultiLabelRecognitionMetric
# Of the metrics of an evaluation these tell most; all are drawn where there are none of them.
_MAIN_METRICS = {'mAP', 'OF1', 'CF1'}
_BEST = 'mAP'  # chooses the best epoch
# What a curve is compared with: a model that has learnt nothing from the images.
_REFERENCES = {'base_rate_entropy', 'attention_uniform'}


@dataclass(frozen=True)
class TrainingLog:
    """The scalars of one run.

    Attributes:
        name: What to call it in the picture.
        train: Logged training steps, each with ``step``.
        evaluation: Evaluations, each with ``step`` (the epoch) and ``iteration`` (the last training
            step that was logged before).
    """

    name: str
    train: list[dict]
    evaluation: list[dict]

    def series(self, key: str) -> tuple[list[float], list[float]]:
        """Steps at which a scalar was logged, and its values."""
        records = [*self.train, *self.evaluation]
        found = [(record['step'], record[key]) for record in records if key in record]
        return [step for step, _ in found], [value for _, value in found]

    def best(self) -> dict | None:
        """The evaluation with the highest mAP, with its value as ``best``; None without any."""
        found = [
            {**record, 'best': value}
            for record in self.evaluation
            for key, value in record.items()
            if _short(key) == _BEST and value == value
        ]
        return max(found, key=lambda record: record['best'], default=None)

    def validation_loss(self) -> tuple[list[float], list[float]]:
        """Iterations of the evaluations, and the losses of the validation images."""
        found = [
            (record['iteration'], value)
            for record in self.evaluation
            for key, value in record.items()
            if _short(key) == _VALIDATION_LOSS
        ]
        return [step for step, _ in found], [value for _, value in found]


class _Panel(NamedTuple):
    title: str
    keys: list[str]
    unit: str  # what the scalars are logged by


def read_training_log(work_dir: str | Path) -> TrainingLog:
    """Read the latest training in a work directory.

    Args:
        work_dir: Work directory, the folder of one of its runs, or a scalars file. Runs without a
            training step (of ``tools/test.py``) are passed over.

    Raises:
        FileNotFoundError: There is no such folder, or no log in it.
        ValueError: No log holds a training step, or a line is not JSON.
    """
    work_dir = Path(work_dir)
    if not work_dir.exists():
        raise FileNotFoundError(f'no such work directory: {work_dir}')
    files = [work_dir] if work_dir.is_file() else sorted(work_dir.glob(f'*/{SCALARS}'))
    if not work_dir.is_file() and (work_dir / SCALARS).is_file():
        files = [work_dir / SCALARS]
    if not files:
        raise FileNotFoundError(f'expected {work_dir} to hold */{SCALARS}, but got none')
    # Folders of runs are named by their time.
    for file in reversed(files):
        log = _parse(file, work_dir.name if work_dir.is_dir() else str(work_dir))
        if log.train:
            return log
    raise ValueError(f'expected {files[-1]} to hold training steps, but got none')


def _parse(file: Path, name: str) -> TrainingLog:
    lines = file.read_text(encoding='utf-8').splitlines()
    train: list[dict] = []
    evaluation: list[dict] = []
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # being written just now
                continue
            raise ValueError(f'expected {file}:{number} to be JSON, but got: {error}') from error
        if 'step' in record and 'loss' in record:
            train.append(record)
        elif 'step' in record:
            evaluation.append({**record, 'iteration': train[-1]['step'] if train else 0})
    return TrainingLog(name, train, evaluation)


def _keys(records: Iterable[dict]) -> list[str]:
    """Names of scalars, in the order in which they first appear."""
    found = {
        key: None
        for record in records
        for key, value in record.items()
        if key not in _BOOKKEEPING and isinstance(value, (int, float))
    }
    return list(found)


def _panels(logs: Sequence[TrainingLog]) -> list[_Panel]:
    """Panels for all that the runs have logged, metrics last."""
    keys = _keys(record for log in logs for record in log.train)
    groups: dict[str, list[str]] = {title: [] for title in _GROUPS}
    first_words = [key.split('_')[0] for key in keys]
    for key, word in zip(keys, first_words, strict=True):
        alone = _OTHERS if first_words.count(word) == 1 else word
        title = next((title for title, names in _GROUPS.items() if names.fullmatch(key)), alone)
        groups.setdefault(title, []).append(key)
    groups[_OTHERS] = groups.pop(_OTHERS, [])
    panels = [_Panel(title, found, 'iteration') for title, found in groups.items() if found]
    metrics = _keys(record for log in logs for record in log.evaluation)
    main = [key for key in metrics if _short(key) in _MAIN_METRICS]
    metrics = [key for key in metrics if _short(key) != _VALIDATION_LOSS]
    return [*panels, _Panel(_METRICS, main or metrics, 'epoch')] if metrics else panels


def _short(key: str) -> str:
    """A metric without the name of its evaluator."""
    return key.rpartition('/')[2]


def draw_training_curves(logs: Sequence[TrainingLog], path: str | Path) -> None:
    """Write a picture: one row per run, one column per group of scalars, which share their scales.

    Groups are made from the names of what was logged: losses, learning rates, numbers of changed
    labels, scalars with the same first word, metrics. The loss of the validation images stands
    beside the losses, and the epoch with the best mAP is marked.

    Args:
        logs: Runs to compare.
        path: Picture file.

    Raises:
        ValueError: ``logs`` is empty.
    """
    if not logs:
        raise ValueError('expected logs to hold at least one run, but got none')
    panels = _panels(logs)
    size = (_WIDTH * len(panels), _HEIGHT * len(logs) + 0.2)
    figure = Figure(figsize=size, layout='constrained')
    grid = figure.subplots(len(logs), len(panels), squeeze=False, sharex='col', sharey='col')
    for log, row in zip(logs, grid, strict=True):
        for axis, panel in zip(row, panels, strict=True):
            _draw_panel(axis, log, panel)
        row[0].set_ylabel(log.name, fontweight='bold')
    # Limits end the automatic scaling of a column: not before all runs are drawn.
    for axis, panel in zip(grid[0], panels, strict=True):
        axis.set_xlim(left=0)
        if panel.title != _METRICS and axis.get_ylim()[1] > 0 and not _has_negative(logs, panel):
            axis.set_ylim(bottom=0)
    save_figure(figure, path, dpi=100)


def _has_negative(logs: Sequence[TrainingLog], panel: _Panel) -> bool:
    return any(value < 0 for log in logs for key in panel.keys for value in log.series(key)[1])


def _draw_panel(axis: Axes, log: TrainingLog, panel: _Panel) -> None:
    axis.set_title(panel.title, fontsize=10)
    axis.set_xlabel(panel.unit)
    axis.xaxis.set_major_locator(MaxNLocator('auto', integer=True, steps=[1, 2, 2.5, 5, 10]))
    axis.tick_params(labelbottom=True, labelleft=True)
    axis.grid(alpha=0.3)
    for i, key in enumerate(panel.keys):
        steps, values = log.series(key)
        is_sum = key == 'loss' and any(k.startswith('loss_') for r in log.train[-1:] for k in r)
        if not steps or is_sum:
            continue
        # Few points are evaluations, or a training that has just begun: show each.
        style: dict[str, Any] = dict(
            color=f'C{i}', markersize=3, marker='o' if len(steps) < _FEW else None
        )
        if key in _REFERENCES:
            style |= dict(color='black', linestyle='--', linewidth=1, marker=None)
        elif any(np.array_equal(line.get_ydata(), values) for line in axis.lines):
            style |= dict(linestyle='--')  # the curve below shows through
        axis.plot(steps, values, label=_short(key), **style)
    _mark_validation(axis, log, panel)
    if axis.lines:
        # Below the panel: inside it hides curves.
        axis.legend(fontsize=8, ncols=2, loc='upper center', bbox_to_anchor=(0.5, -0.17))
    else:
        axis.text(0.5, 0.5, 'not logged', ha='center', va='center', transform=axis.transAxes)


def _mark_validation(axis: Axes, log: TrainingLog, panel: _Panel) -> None:
    """The validation loss beside the losses; the best epoch there and among the metrics."""
    best = log.best()
    at: float | None = None
    if panel.title == _LOSS:
        steps, values = log.validation_loss()
        if steps:
            axis.plot(steps, values, label='validation loss', color='dimgrey', marker='.')
        at = best['iteration'] if best else None
    elif panel.title == _METRICS:
        at = best['step'] if best else None
    if best and at is not None:
        label = f'best {_BEST} {best["best"]:.1f} (epoch {best["step"]})'
        style: dict[str, Any] = dict(colors='grey', linestyles=':', zorder=1)
        axis.vlines(at, 0, 1, label=label, transform=axis.get_xaxis_transform(), **style)
