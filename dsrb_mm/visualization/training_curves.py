"""Curves of a training, from the scalars that MMEngine's LocalVisBackend writes."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

SCALARS = 'vis_data/scalars.json'
_WIDTH, _HEIGHT = 3.8, 3.5  # inches a panel
_FEW = 25
_REFERENCE = dict(linestyle='--', color='black', linewidth=1, marker=None)
_STYLES = {'base_rate_entropy': _REFERENCE, 'attention_uniform': _REFERENCE}
_ATTENTION = ('attention_max', 'attention_uniform')
# What MMEngine logs beside the model's own scalars.
_RUNTIME = {
    'lr', 'base_lr', 'momentum', 'data_time', 'time', 'eta', 'memory', 'epoch', 'iter', 'step',
    'loss', 'grad_norm',
}  # fmt: skip
# Title, and the x axis by which its scalars are logged.
_PANELS = (
    ('loss', 'iteration'),
    ("the method's own scalars", 'iteration'),
    ('changed labels per image', 'iteration'),
    ('maximum of the attention', 'iteration'),
    ('mAP (percent)', 'epoch'),
)


@dataclass(frozen=True)
class TrainingLog:
    """The scalars of one run.

    Attributes:
        name: What to call it in the picture.
        train: Logged training steps, each with ``step``.
        evaluation: Evaluations, each with ``step`` (the epoch) and ``mAP``.
    """

    name: str
    train: list[dict]
    evaluation: list[dict]

    def series(self, key: str) -> tuple[list[float], list[float]]:
        """Steps at which a scalar was logged, and its values."""
        records = self.evaluation if key == 'mAP' else self.train
        found = [(record['step'], record[key]) for record in records if key in record]
        return [step for step, _ in found], [value for _, value in found]

    def panels(self) -> list[tuple[str, ...]]:
        """Names of the scalars of each panel."""
        names = [n for n in dict.fromkeys(k for r in self.train for k in r) if n not in _RUNTIME]
        losses = tuple(name for name in names if name.startswith('loss_')) or ('loss',)
        changed = tuple(name for name in names if name.endswith('_changed'))
        other = {*losses, *changed, *_ATTENTION, 'base_rate_entropy'}
        own = tuple(name for name in names if name not in other)
        return [(*losses, 'base_rate_entropy'), own, changed, _ATTENTION, ('mAP',)]


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
    train, evaluation = [], []
    for number, line in enumerate(lines, start=1):
        try:
            record = json.loads(line)
        except ValueError as error:
            if number == len(lines):  # being written just now
                continue
            raise ValueError(f'expected {file}:{number} to be JSON, but got: {error}') from error
        if 'loss' in record and 'step' in record:
            train.append(record)
        for key, value in record.items():
            if key == 'mAP' or key.endswith('/mAP'):
                evaluation.append({'step': record['step'], 'mAP': value})
    return TrainingLog(name, train, evaluation)


def draw_training_curves(logs: Sequence[TrainingLog], path: str | Path) -> None:
    """Write a picture: a row a run, a column a group of scalars; columns share their scales.

    Args:
        logs: Runs to compare.
        path: Picture file.

    Raises:
        ValueError: ``logs`` is empty.
    """
    if not logs:
        raise ValueError('expected logs to hold at least one run, but got none')
    size = (_WIDTH * len(_PANELS), _HEIGHT * len(logs) + 0.2)
    figure = Figure(figsize=size, layout='constrained')
    FigureCanvasAgg(figure)
    grid = figure.subplots(len(logs), len(_PANELS), squeeze=False, sharex='col', sharey='col')
    for log, row in zip(logs, grid, strict=True):
        for axis, (title, unit), keys in zip(row, _PANELS, log.panels(), strict=True):
            _draw_panel(axis, log, title, keys)
            axis.set_xlabel(unit)
            axis.xaxis.get_major_locator().set_params(integer=True)
            axis.tick_params(labelbottom=True, labelleft=True)
        row[0].set_ylabel(log.name, fontweight='bold')
    # Limits end the automatic scaling of a column: not before all runs are drawn.
    for axis, (title, _) in zip(grid[0], _PANELS, strict=True):
        axis.set_xlim(left=0)
        if 'mAP' not in title:
            axis.set_ylim(bottom=min(0, axis.get_ylim()[0]))
    Path(path).parent.mkdir(parents=True, exist_ok=True)
    figure.savefig(path, dpi=100)


def _draw_panel(axis: Axes, log: TrainingLog, title: str, keys: Sequence[str]) -> None:
    axis.set_title(title, fontsize=10)
    axis.grid(alpha=0.3)
    for i, key in enumerate(keys):
        steps, values = log.series(key)
        if not steps:
            continue
        # Few points are evaluations, or a training that has just begun: show each.
        marker = 'o' if len(steps) < _FEW else None
        # Dashed in turn: a curve shows through another of the same values.
        dashes = ('-', '--')[i % 2]
        style: dict = dict(color=f'C{i}', linestyle=dashes, markersize=3, marker=marker)
        axis.plot(steps, values, label=key, **style | _STYLES.get(key, {}))
    if axis.lines:
        # Below the panel: inside it hides curves.
        axis.legend(fontsize=8, ncols=2, loc='upper center', bbox_to_anchor=(0.5, -0.17))
    else:
        axis.text(0.5, 0.5, 'not logged', ha='center', va='center', transform=axis.transAxes)
