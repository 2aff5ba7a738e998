"""The demo: DSRB and three simple heads on the embedded scenes, end to end."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from demo.scenes import make_scenes
from dsrb_mm.datasets import CocoMultiLabel

# Lines of a training log that tell how it goes.
_SHOWN = ('Epoch(train)', 'Epoch(val)', 'training labels', 'prototypes from')
_COLUMNS = ('mAP', 'OF1', 'CF1', 'OF1_top3', 'CF1_top3')
METHODS = {
    'linear': 'bce_scenes_p50',
    'saliency pooling': 'saliency_scenes_p50',
    'saliency pooling, two maps': 'saliency_pair_scenes_p50',
    'DSRB': 'dsrb_scenes_p50',
}


def run_tool(arguments: list[str], log: Path, console: Console) -> float:
    """Run one of our tools as a user would, show its key lines and keep the whole log.

    Args:
        arguments: Tool and its arguments.
        log: File for everything the tool prints.
        console: Where the key lines go.

    Returns:
        Seconds taken.

    Raises:
        RuntimeError: The tool failed; the end of its log is in the message.
    """
    start = time.perf_counter()
    log.parent.mkdir(parents=True, exist_ok=True)
    console.print(f'[bold]$ python {" ".join(arguments)}[/]', highlight=False, soft_wrap=True)
    with (
        log.open('w', encoding='utf-8') as file,
        subprocess.Popen(
            [sys.executable, *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            encoding='utf-8',
            errors='replace',
        ) as process,
    ):
        assert process.stdout is not None
        for line in process.stdout:
            file.write(line)
            if any(text in line for text in _SHOWN):
                console.print(line.split(' - INFO - ')[-1].strip(), highlight=False, soft_wrap=True)
    if process.returncode:
        tail = '\n'.join(log.read_text(encoding='utf-8').splitlines()[-15:])
        raise RuntimeError(f'{arguments[0]} failed with exit code {process.returncode}:\n{tail}')
    return time.perf_counter() - start


def run_demo(root: Path, work_dir: Path, num_train: int, num_val: int) -> Path:
    """Make the data, train all models on the same partial labels, test, draw, compare.

    Args:
        root: The repository, for ``tools/`` and ``configs/``.
        work_dir: Folder of everything written but the data.
        num_train: Training images.
        num_val: Test images.

    Returns:
        The results file (markdown).
    """
    console = Console()
    scenes = make_scenes('data/scenes', num_train, num_val)
    results = {}
    for name, config in METHODS.items():
        folder = work_dir / config
        config_file = str(root / 'configs' / f'{config}.py')
        train = [str(root / 'tools/train.py'), config_file, '--work-dir', str(folder)]
        train.append('--no-validate')  # the test follows at once
        seconds = run_tool(train, folder / 'train.log', console)
        checkpoint = (folder / 'last_checkpoint').read_text(encoding='utf-8').strip()
        metrics = folder / 'metrics.json'
        test = [str(root / 'tools/test.py'), config_file, checkpoint, '--out', str(metrics)]
        test += ['--work-dir', str(folder), '--show-dir', str(folder / 'pictures')]
        test += ['--interval', str(max(1, num_val // 24))]
        run_tool(test, folder / 'test.log', console)
        results[name] = json.loads(metrics.read_text(encoding='utf-8')) | {'seconds': seconds}
    return _report(results, scenes, work_dir, console)


def chance_map(scenes: Path) -> float:
    """mAP (percent) of a random ranking: the mean base rate of the categories."""
    dataset = CocoMultiLabel(ann_file=str(scenes / 'annotations/instances_val.json'))
    return 100 * float((dataset.label_matrix() == 1).mean())


def _report(results: dict, scenes: Path, work_dir: Path, console: Console) -> Path:
    rows = [('random ranking', [f'{chance_map(scenes):.1f}', *['-'] * len(_COLUMNS)])]
    for name, result in results.items():
        values = [f'{result[f"multi-label/{column}"]:.1f}' for column in _COLUMNS]
        rows.append((name, [*values, f'{result["seconds"]:.0f} s']))
    header = ['method', *_COLUMNS, 'training']
    table = Table(*header, title='Embedded scenes, half of the training labels known')
    lines = ['| ' + ' | '.join(header) + ' |', '|---' * len(header) + '|']
    for name, values in rows:
        table.add_row(name, *values)
        lines.append('| ' + ' | '.join([name, *values]) + ' |')
    console.print(table)
    report = work_dir / 'results.md'
    report.write_text('\n'.join(lines) + '\n', encoding='utf-8')
    console.print(f'table: {report}\npictures: {work_dir / "dsrb_scenes_p50" / "pictures"}')
    return report
