"""The measurements, each a function from options to rows of the table."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from itertools import product
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from dsrb_mm.datasets.masks import KnownProportion
from dsrb_mm.evaluation import MultiLabelRecognitionMetric
from dsrb_mm.models.layers import label_graph
from tools.benchmarks.loading import measure_loading
from tools.benchmarks.loading_files import write_instances_json, write_label_csv
from tools.benchmarks.measure import Timing, interleaved, peak_memory
from tools.benchmarks.methods import channels_last, methods
from tools.benchmarks.models import (
    POSITIVE_RATE,
    Setting,
    graph_products,
    head_step,
    inference,
    neck_and_head_step,
    prototype_pass,
    training_step,
)
from tools.benchmarks.pipeline import BY_PILLOW, measure_pipeline
from tools.benchmarks.rows import Options, Row
from tools.benchmarks.startup import startup

KNOWN = 0.5  # known proportion where none is named


def step(options: Options) -> Iterator[Row]:
    """Neck, head and losses against the dense form and against the floor."""
    setting = Setting(options.config, None, options.device, options.amp)
    largest = max(options.batches)
    target = {7: 1.15, 14: 1.3}
    for side, batch in product(options.sides, options.batches):
        for known in (0.1, KNOWN, 0.9) if batch == largest else (KNOWN,):
            cases = neck_and_head_step(setting, side, batch, known)
            if known != KNOWN:
                del cases['dense']
            times = interleaved(cases, options.repeats)
            floor = times['floor'].median
            label = f'map {side}x{side}, batch {batch}, p = {known}'
            for name, timing in times.items():
                goal = target.get(side) if (name, batch) == ('dsrb', largest) else None
                yield Row('step', label, name, timing, None, timing.median / floor, 'floor', goal)
            if known == 0.1:
                gain = times['dsrb'].median / times['all entries'].median
                yield Row('step', label, 'dsrb', None, None, gain, 'all entries', 1 / 1.5)


def memory(options: Options) -> Iterator[Row]:
    """Memory of the same step for every further image, and at the largest batch."""
    setting = Setting(options.config, None, options.device, options.amp)
    target = {7: 1 / 5, 14: 1 / 20}
    few, many = sorted(options.batches)[-2:]
    for side in options.sides:
        peaks = {}
        for batch in (few, many):
            cases = neck_and_head_step(setting, side, batch, KNOWN)
            for name in ('dsrb', 'all entries', 'dense'):
                cases[name]()
                peaks[name, batch] = peak_memory(cases[name], options.device)
        extra = {
            name: (peaks[name, many] - peaks[name, few]) / (many - few)
            for name in ('dsrb', 'all entries', 'dense')
        }
        for name, value in extra.items():
            ratio = value / extra['dense']
            goal = target.get(side) if name == 'dsrb' else None
            label = f'map {side}x{side}, p = {KNOWN}'
            yield Row('memory', f'{label}, an image', name, None, value, ratio, 'dense', goal)
            peak = peaks[name, many]
            yield Row('memory', f'{label}, batch {many}, peak', name, None, peak)


def training(options: Options) -> Iterator[Row]:
    """The whole training step against that of the plain classifier and the floor."""
    setting = Setting(options.config, None, options.device, options.amp)
    for batch in options.batches:
        _, head = setting.neck_and_head()
        cases = {
            'plain': training_step(setting, True, options.size, batch, KNOWN),
            'dsrb': training_step(setting, False, options.size, batch, KNOWN),
            'floor': graph_products(setting, head, 3 * batch),
        }
        times = interleaved(cases, options.repeats)
        label = f'{options.size} px, batch {batch}, p = {KNOWN}'
        for name, timing in times.items():
            peak = peak_memory(cases[name], options.device) if name != 'floor' else None
            rate = batch / timing.median if name != 'floor' else None
            yield Row('training', label, name, timing, peak, rate=rate)
        bound = times['plain'].median + times['floor'].median
        ratio = times['dsrb'].median / bound
        yield Row('training', label, 'dsrb', None, None, ratio, 'plain + floor', 1.1)
        ratio = times['dsrb'].median / times['plain'].median
        yield Row('training', label, 'dsrb', None, None, ratio, 'plain')


def testing(options: Options) -> Iterator[Row]:
    """Inference and the prototype pass against the plain classifier's inference."""
    setting = Setting(options.config, None, options.device, options.amp)
    for batch in options.batches:
        cases = {
            'plain': inference(setting, True, options.size, batch),
            'dsrb': inference(setting, False, options.size, batch),
            'prototype pass': prototype_pass(setting, options.size, batch),
        }
        times = interleaved(cases, options.repeats)
        target = {'dsrb': 1.12, 'prototype pass': 1.15}
        for name, timing in times.items():
            label = f'{options.size} px, batch {batch}'
            ratio, goal = timing.median / times['plain'].median, target.get(name)
            rate = batch / timing.median
            yield Row('testing', label, name, timing, None, ratio, 'plain', goal, rate)


def categories(options: Options) -> Iterator[Row]:
    """How the step of neck and head grows with the number of categories and the map."""
    batch = max(options.batches)
    for classes, side in product(options.categories, (*options.sides, 20)):
        setting = Setting(options.config, classes, options.device, options.amp)
        function = neck_and_head_step(setting, side, batch, KNOWN)['dsrb']
        timing = interleaved({'dsrb': function}, min(options.repeats, 3))['dsrb']
        peak = peak_memory(function, options.device)
        label = f'C = {classes}, map {side}x{side}, batch {batch}, p = {KNOWN}'
        yield Row('categories', label, 'dsrb', timing, peak)


def heads(options: Options) -> Iterator[Row]:
    """How the steps of linear and saliency heads grow with the categories and the map."""
    batch = max(options.batches)
    for classes, side in product(options.categories, options.sides):
        setting = Setting(options.config, classes, options.device, options.amp)
        cases = {
            kind: head_step(setting, kind, side, batch, KNOWN)
            for kind in ('PartialLabelLinearHead', 'SaliencyHead')
        }
        for kind, timing in interleaved(cases, options.repeats).items():
            peak = peak_memory(cases[kind], options.device)
            label = f'C = {classes}, map {side}x{side}, batch {batch}, p = {KNOWN}'
            yield Row('heads', label, kind, timing, peak)


def labels(options: Options) -> Iterator[Row]:
    """Known-label mask and label graph of whole label matrices."""
    for name, shape in {'COCO': (82_783, 80), 'VG-200': (98_249, 200)}.items():
        rng = np.random.default_rng(0)
        matrix = (rng.random(shape, dtype=np.float32) < POSITIVE_RATE).astype(np.int8)

        def mask_and_graph(matrix=matrix) -> None:
            known = KnownProportion(KNOWN).choose(matrix)
            label_graph(np.where(known, matrix, np.int8(-1)))

        timing = interleaved({name: mask_and_graph}, options.repeats)[name]
        label = f'{name}, {shape[0]} x {shape[1]}'
        goal = 2.0 if name == 'VG-200' else None
        yield Row('labels', label, 'mask + graph', timing, target=goal)


def metric(options: Options) -> Iterator[Row]:
    """The metric on COCO's test set."""
    rng = np.random.default_rng(0)
    shape = (40_000, 80)
    target = (rng.random(shape) < POSITIVE_RATE).astype(np.float32)
    score = rng.random(shape, dtype=np.float32)
    case = {'calculate': lambda: MultiLabelRecognitionMetric.calculate(score, target)}
    timing = interleaved(case, options.repeats)['calculate']
    yield Row('metric', f'{shape[0]} x {shape[1]}', 'all values', timing, target=1.0)


def pipeline(options: Options) -> Iterator[Row]:
    """Images a second of the training pipeline on one core, and where the time goes."""
    timings = measure_pipeline(options.config, options.repeats)
    by_pillow = timings[BY_PILLOW].median
    targets = {'whole': 1 / 2.5, 'whole on cached images': 1 / 5}
    for name, timing in timings.items():
        ratio, target = timing.median / by_pillow, targets.get(name)
        label = 'JPEG 640x480, one core'
        yield Row(
            'pipeline', label, name, timing, None, ratio, BY_PILLOW, target, 1 / timing.median
        )


def loading(options: Options) -> Iterator[Row]:
    """Seconds and memory of a million-row CSV and of an instances json of COCO's size."""
    images, photographs, instances = (
        max(10, round(number * options.loading_scale)) for number in (1_000_000, 82_783, 604_907)
    )
    with TemporaryDirectory() as folder:
        file = Path(folder) / 'labels.csv'
        write_label_csv(file, images, 500)
        table = dict(type='CSVMultiLabel', split_column='split', split='train', check_images=False)
        yield from _loading('CSV', dict(table, ann_file=str(file)), targets=True)
        file.unlink()
        file = Path(folder) / 'instances.json'
        write_instances_json(file, photographs, instances)
        yield from _loading('json', dict(type='CocoMultiLabel', ann_file=str(file)), targets=False)


def _loading(name: str, config: dict, targets: bool) -> Iterator[Row]:
    found = measure_loading(
        dict(type='PartialLabelDataset', dataset=config, known_proportion=KNOWN)
    )
    label = f'{name}, {found.images} x {found.categories}'
    timing = Timing(*(found.seconds,) * 3)
    yield Row('loading', label, 'load', timing, target=300.0 if targets else None)
    limit = 3 * 2**30
    goal = 1.0 if targets else None
    yield Row('loading', label, 'peak', None, found.peak, found.peak / limit, '3 GB', goal)
    yield Row('loading', label, 'imports alone', None, found.baseline)
    ratio, goal = found.worker / found.matrix, 0.05 if targets else None
    yield Row('loading', label, "a worker's own", None, found.worker, ratio, 'label matrix', goal)
    yield Row('loading', label, 'data infos in a worker', rate=found.samples)


SUITES: dict[str, Callable[[Options], Iterator[Row]]] = {
    suite.__name__: suite
    for suite in (
        *(step, memory, training, testing, methods, channels_last),
        *(categories, heads, labels, metric, pipeline, loading, startup),
    )
}
