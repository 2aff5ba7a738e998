import json
import math

import pytest
import torch
from helpers.training import CONFIGS
from mmengine.config import Config
from oracles.wiring import LargestTensor, maximum_deviation

from tools.benchmarks import (
    SUITES,
    Options,
    as_json,
    environment,
    interleaved,
    loading,
    make_table,
    suites,
)
from tools.benchmarks.dense_step import DenseStep
from tools.benchmarks.measure import peak_memory
from tools.benchmarks.models import Setting, neck_and_head_step, prepare_head, prototype_banks

CPU = torch.device('cpu')


def small_config(num_classes=6):
    """The COCO config with few channels."""
    cfg = Config.fromfile(CONFIGS / 'dsrb_coco_p50.py')
    cfg.model.backbone = dict(type='ResNet', depth=18, out_indices=(3,), base_channels=8)
    cfg.model.neck.update(
        in_channels=64, out_channels=32, num_classes=num_classes, word_vectors=None
    )
    cfg.model.neck.attention_channels = 16
    cfg.model.head.update(in_channels=32, hidden_channels=16, num_classes=num_classes)
    return cfg


def test_the_dense_step_has_the_losses_and_gradients_of_the_modules():
    setting = Setting(small_config(), None, CPU, amp=False)
    neck, head = (module.double() for module in setting.neck_and_head())
    image_map = torch.rand(6, 64, 12, 12, dtype=torch.float64)
    samples = setting.samples(6, 0.5)
    samples[0].gt_score[0], samples[5].gt_score[0] = -1, 1  # partners: instance blending
    target = torch.stack([sample.gt_score for sample in samples]).double()
    dense = DenseStep(neck, head, prototype_banks(head)[0].prototypes, 6)
    losses = head.loss(neck((image_map,)), samples)
    reference = dense(image_map, target)
    # Two losses have no random choice. Those of the head's tests compare all with the same choices.
    for name in ('loss_plain', 'loss_iprb'):
        assert maximum_deviation(losses[name], reference[name]) < 1e-10, name
    assert set(reference) == {name for name in losses if 'loss' in name}
    sum(reference.values()).backward()
    assert all(p.grad is not None for p in [*neck.parameters(), *head.parameters()])


def test_no_tensor_of_the_attended_maps_is_ever_made():
    classes, channels, side, batch = 80, 32, 8, 4
    setting = Setting(small_config(classes), None, CPU, amp=False)
    attended = batch * side * side * classes * channels
    for name, limit in (('dsrb', attended / 6), ('all entries', attended / 6)):
        step = neck_and_head_step(setting, side, batch, 0.5)[name]
        with LargestTensor() as largest:
            step()
        assert largest.elements < limit, name
    with LargestTensor() as largest:
        neck_and_head_step(setting, side, batch, 0.5)['dense']()
    assert largest.elements >= attended


def test_memory_of_an_image_hardly_grows_with_the_map():
    setting = Setting(small_config(80), None, CPU, amp=False)

    def extra(form, side):
        peaks = []
        for batch in (2, 4):
            step = neck_and_head_step(setting, side, batch, 0.5)[form]
            step()
            peaks.append(peak_memory(step, CPU))
        return (peaks[1] - peaks[0]) / 2

    # Four times the locations: the dense form takes nearly four times the memory.
    dense = extra('dense', 12) / extra('dense', 6)
    ours = extra('dsrb', 12) / extra('dsrb', 6)
    assert dense > 2.5
    assert ours < dense / 1.5


def test_peak_memory_counts_what_lives_at_a_time():
    def function():
        first = torch.zeros(1000)
        second = first + 1
        del first
        return second * 2

    assert 8000 <= peak_memory(function, CPU) <= 8200


def test_every_form_is_timed_in_turn():
    calls = []
    times = interleaved({name: lambda n=name: calls.append(n) for name in 'ab'}, 3)
    timed = [name for name in calls if name in 'ab']
    assert set(times) == {'a', 'b'}
    assert timed[:2] == ['a', 'b'] and timed.count('a') == timed.count('b')
    assert all(t.fastest <= t.median <= t.slowest for t in times.values())
    with pytest.raises(ValueError, match='expected repeats to be at least 1, but got 0'):
        interleaved({}, 0)


@pytest.mark.parametrize('suite', sorted(set(SUITES) - {'labels', 'metric', 'startup'}))
def test_suites_run_and_are_reported(suite, tmp_path, monkeypatch):
    # The first data set is loaded in a process of its own, which imports for seconds.
    measured = iter([suites.measure_loading, loading._measure])
    monkeypatch.setattr(suites, 'measure_loading', lambda config: next(measured)(config))
    # Of the methods one of each kind: without state, with passes, with two views, with both.
    for name in ('bce', 'dsrb', 'sr', 'hst'):
        file = f'{name}_voc_modern.py'
        (tmp_path / file).write_text(f'_base_ = {str(CONFIGS / file)!r}\n')
    config = small_config()
    object.__setattr__(config, '_filename', str(tmp_path / 'small.py'))
    options = Options(
        config, CPU, repeats=1, batches=(2, 3), sides=(2,), size=64, loading_scale=1e-3
    )
    rows = list(SUITES[suite](options._replace(categories=(3,))))
    assert rows
    for row in rows:
        assert row.suite == suite
        assert any(v is not None for v in (row.seconds, row.memory, row.ratio, row.rate))
        assert row.ratio is None or math.isfinite(row.ratio)
    details = environment(CPU)
    table = make_table(rows, details)
    assert table.row_count == len(rows)
    written = json.loads(json.dumps(as_json(rows, details, {})))
    assert len(written['rows']) == len(rows) and written['environment']['torch']


def test_unknown_methods_are_named():
    cfg = Config.fromfile(CONFIGS / 'dsrb_coco_p50.py')
    options = Options(cfg, CPU, batches=(2,), size=32, methods=('asl', 'ask'))
    with pytest.raises(ValueError, match=r"among .'an_ls', .* but got \['ask'\]"):
        list(SUITES['methods'](options))


def test_prepared_heads_blend():
    setting = Setting(small_config(), None, CPU, amp=False)
    _, head = setting.neck_and_head()
    prepare_head(head, 32)
    assert head.graph.is_set and all(part.is_active for part in head.complements.values())
    assert bool(head.complements.pprb.bank.available.all())
