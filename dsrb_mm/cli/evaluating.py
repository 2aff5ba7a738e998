"""What ``dsrb evaluate`` does."""

from __future__ import annotations

import json
from pathlib import Path

from mmengine.config import Config
from mmengine.dataset import BaseDataset
from mmengine.runner import Runner
from mmpretrain.registry import DATASETS

from dsrb_mm.calibration import BEST_F1, Calibration
from dsrb_mm.cli.command_settings import WRONG_INPUT, quiet_console
from dsrb_mm.cli.errors import clear_errors
from dsrb_mm.cli.metric_tables import metric_table
from dsrb_mm.cli.outputs import protect_inputs
from dsrb_mm.datasets import get_label_matrix
from dsrb_mm.datasets.config_data import image_paths
from dsrb_mm.datasets.data_checks import shared_images
from dsrb_mm.datasets.few_labels import few_known
from dsrb_mm.datasets.readers.csv_cells import read_header
from dsrb_mm.engine.bare_model import bare_model
from dsrb_mm.engine.checkpoints.checkpoint_reading import guard_checkpoint_loader
from dsrb_mm.engine.model_config import complete_model
from dsrb_mm.engine.training_checks import show_findings
from dsrb_mm.features import cached_where_possible
from dsrb_mm.fileio.atomic import write_atomically
from dsrb_mm.fileio.json_values import json_value
from dsrb_mm.workflow import QuietRunner, find_checkpoint, import_into, read_labels
from dsrb_mm.workflow.work_dir import LABELS, count_splits, read_config


def evaluate_command(
    work_dir: Path,
    labels: Path | None = None,
    images: Path | None = None,
    unknown: str | None = None,
    split: str | None = None,
    out: Path | None = None,
    overwrite: bool = False,
    device: str | None = None,
) -> None:
    """Measure a model on the known labels of a split."""
    console = quiet_console()
    with clear_errors(*WRONG_INPUT):
        cfg = read_config(work_dir)
        protect_inputs(cfg, [out], inputs=[labels], overwrite=overwrite)
        if out is not None and out.suffix != '.json':
            raise ValueError(f'expected a file of metrics to end in .json, but got {out}')
        file = work_dir / LABELS
        if not file.is_file():
            raise ValueError(
                f'expected {work_dir} to hold {LABELS}, as dsrb train writes it: trainings by '
                'configs are tested by tools/test.py'
            )
        read: list[str] = []
        if labels is None:
            splits, root = count_splits(file), cfg.test_dataloader.dataset.dataset.data_root
        else:
            # The categories of the training, in their order; without a split, all images.
            categories = [name for name in read_header(file) if name not in ('path', 'split')]
            report = import_into(
                *(work_dir / 'evaluation', labels, images, unknown), categories=categories, val=0.0
            )
            file, splits, root = report.out, report.splits, report.image_root
            read = [*report.notes]
        there = [name for name in ('test', 'val', 'train', *splits) if splits.get(name)]
        chosen = split or there[0]
        if chosen not in splits:
            raise ValueError(f'expected {file} to have images of split {chosen!r}, got {splits}')
        read_labels(cfg, file, root, train=chosen, val=chosen, test=chosen)
        if labels is None:
            cfg = cached_where_possible(cfg)
        runner = _test_runner(cfg, work_dir)
        metrics = runner.test()
        if out is not None:
            write_atomically(
                out, json.dumps(json_value(metrics), indent=1, allow_nan=False).encode()
            )
    console.print(f'{splits[chosen]:,} images of {labels or file} ({chosen})', soft_wrap=True)
    console.print(metric_table(metrics))
    tested = runner.test_evaluator.metrics[0]
    if tested.tuned:
        console.print(f'thresholds: {_origin(runner, tested.calibration)}', soft_wrap=True)
    notes = [*read, *few_known(get_label_matrix(runner.test_dataloader.dataset))]
    trained = _trained_on(runner.test_dataloader.dataset, work_dir)
    if trained:
        notes.append(f'{trained:,} of these images were trained on: other ones are predicted worse')
    if chosen == 'val' and labels is None:
        notes.append('these images chose the epoch: other ones are predicted a little worse')
    show_findings(console, notes, [])


def _trained_on(dataset: BaseDataset, work_dir: Path) -> int:
    """How many images of a data set the training in a folder has seen."""
    try:
        train = DATASETS.build(read_config(work_dir).train_dataloader.dataset)
    except FileNotFoundError:  # moved to another machine, say
        return 0
    return len(shared_images(image_paths(train), image_paths(dataset)))


def _origin(runner: Runner, used: Calibration | None) -> str:
    """Where the thresholds of an evaluation come from."""
    if used is not None:
        return 'those of the training' if used.rule == BEST_F1 else f'those chosen ({used.rule})'
    stored = bare_model(runner).calibration is not None
    reason = 'the training chose its own on these images' if stored else 'the model has none'
    return f'cross-validated, because {reason}'


def _test_runner(cfg: Config, work_dir: Path) -> QuietRunner:
    cfg.work_dir = str(work_dir / 'evaluation')
    cfg.load_from = str(find_checkpoint(work_dir))
    cfg.default_hooks.pop('console', None)
    guard_checkpoint_loader()
    complete_model(cfg)
    return QuietRunner.from_cfg(cfg)
