import importlib.util
import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from dsrb_mm.visualization.training_curves import draw_training_curves, read_training_log

ROOT = Path(__file__).resolve().parents[2]


def write_run(folder, num_epochs=4, iters=5, begin=2, evaluate=True, offset=0.0, loss=False):
    """Lines as LocalVisBackend writes them: blending starts at epoch ``begin``."""
    lines = []
    for epoch in range(num_epochs):
        for i in range(1, iters + 1):
            step = epoch * iters + i
            record = dict(lr=0.1, loss=1 / step, loss_plain=0.5 / step + offset, epoch=epoch + 1)
            record |= dict(loss_contrastive=0.05, iter=step, step=step)
            record |= dict(attention_max=0.03 + 0.01 * step, attention_uniform=0.0204)
            record |= dict(base_rate_entropy=0.24)
            if epoch >= begin:
                record |= dict(loss_iprb=0.2, loss_pprb=0.3, alpha=0.5, beta=0.4)
                record |= dict(iprb_changed=1.5, pprb_changed=1.0)
            lines.append(record)
        if evaluate:
            metrics = {'multi-label/mAP': 10.0 * (epoch + 1) + offset, 'multi-label/OP': 1.0}
            metrics |= {'multi-label/cross_entropy': 1 / (epoch + 1)} if loss else {}
            lines.append({**metrics, 'time': 0.1, 'step': epoch + 1})
    file = folder / 'vis_data/scalars.json'
    file.parent.mkdir(parents=True)
    file.write_text(''.join(json.dumps(line) + '\n' for line in lines))
    return file


@pytest.fixture
def drawn(monkeypatch):
    """The figures that were saved."""
    figures = []
    save = Figure.savefig

    def savefig(self, *args, **kwargs):
        figures.append(self)
        return save(self, *args, **kwargs)

    monkeypatch.setattr(Figure, 'savefig', savefig)
    return figures


def curves(axis):
    return {line.get_label(): line for line in axis.lines}


def main(*arguments):
    spec = importlib.util.spec_from_file_location('plot_log', ROOT / 'tools/plot_log.py')
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    module.main([str(argument) for argument in arguments])


def test_series(tmp_path):
    write_run(tmp_path / '20250101_000000')
    log = read_training_log(tmp_path)
    assert log.name == tmp_path.name
    assert log.series('multi-label/mAP') == ([1, 2, 3, 4], [10, 20, 30, 40])
    steps, values = log.series('loss_plain')
    assert steps == list(range(1, 21))
    assert values == [0.5 / step for step in steps]
    assert log.series('alpha') == (list(range(11, 21)), [0.5] * 10)
    assert log.series('nothing') == ([], [])


def test_latest_training_is_read(tmp_path):
    write_run(tmp_path / '20250101_000000', num_epochs=3)
    latest = write_run(tmp_path / '20250202_000000', num_epochs=2)
    # A later test in the same folder logs metrics only.
    write_run(tmp_path / '20250303_000000', num_epochs=1, iters=0)
    assert read_training_log(tmp_path).series('multi-label/mAP')[0] == [1, 2]
    earlier = tmp_path / '20250101_000000'
    assert read_training_log(earlier).series('multi-label/mAP')[0] == [1, 2, 3]
    assert read_training_log(latest).series('multi-label/mAP')[0] == [1, 2]


def test_picture(tmp_path, drawn):
    for name, offset in (('one', 0.0), ('two', 1.0)):
        # The second run is longer: the shared axes must hold it.
        write_run(tmp_path / name / '20250101_000000', 4 + int(offset), offset=offset)
    out = tmp_path / 'new' / 'curves.png'
    main(tmp_path / 'one', tmp_path / 'two', '--out', out)
    width, height = Image.open(out).size
    assert width > height > 400
    (figure,) = drawn
    assert [axis.get_title() for axis in figure.axes[6:]] == [
        'loss', 'changed labels per image', 'learning rate', 'attention', 'other values', 'metrics'
    ]  # fmt: skip
    loss, blended, rate, attention, weights, metric = (curves(axis) for axis in figure.axes[6:])
    assert list(loss) == [
        'loss_plain', 'loss_contrastive', 'base_rate_entropy', 'loss_iprb', 'loss_pprb'
    ]  # fmt: skip
    assert loss['base_rate_entropy'].get_linestyle() == '--'
    assert loss['loss_plain'].get_linestyle() == '-'
    assert loss['loss_plain'].get_ydata()[0] == 1.5
    assert loss['loss_iprb'].get_xdata().tolist() == list(range(11, 26))
    assert list(weights) == ['alpha', 'beta']
    assert list(blended) == ['iprb_changed', 'pprb_changed']
    assert list(rate) == ['lr']
    assert list(attention) == ['attention_max', 'attention_uniform']
    assert list(metric) == ['mAP']
    assert metric['mAP'].get_ydata().tolist() == [11, 21, 31, 41, 51]
    assert [figure.axes[i].get_ylabel() for i in (0, 6)] == ['one', 'two']
    for axis in figure.axes:
        for line in axis.lines:
            assert axis.get_xlim()[0] == 0
            assert line.get_xdata().max() <= axis.get_xlim()[1]
            assert line.get_ydata().max() <= axis.get_ylim()[1]


def test_validation_loss_and_best_epoch(tmp_path, drawn):
    file = write_run(tmp_path / '20250101_000000', loss=True)
    lines = file.read_text().splitlines()
    # The third evaluation is the best one; the last is of a diverged model.
    lines[-1] = json.dumps(
        {'multi-label/mAP': float('nan'), 'multi-label/cross_entropy': 9, 'step': 4}
    )
    file.write_text('\n'.join(lines))
    draw_training_curves([read_training_log(tmp_path)], tmp_path / 'a.png')
    loss, metric = drawn[0].axes[0], drawn[0].axes[-1]
    assert list(curves(metric)) == ['mAP']
    drawn_loss = curves(loss)['validation loss']
    assert list(drawn_loss.get_xdata()) == [5, 10, 15, 20]
    assert list(drawn_loss.get_ydata()) == [1, 1 / 2, 1 / 3, 9]
    for axis, place in ((loss, 15), (metric, 3)):
        (mark,) = axis.collections
        assert mark.get_label() == 'best mAP 30.0 (epoch 3)'
        assert {float(x) for x in mark.get_segments()[0][:, 0]} == {place}


def write_log(folder, *records):
    file = folder / '20250101_000000/vis_data/scalars.json'
    file.parent.mkdir(parents=True)
    file.write_text(''.join(json.dumps(record) + '\n' for record in records))
    return read_training_log(folder)


def test_any_log_is_drawn(tmp_path, drawn):
    """Nothing is known of the names in a log; what another run lacks is said."""
    one = write_log(tmp_path / 'one', dict(loss=0.5, step=1), dict(loss=0.25, step=2))
    two = write_log(
        tmp_path / 'two',
        dict(loss=-1.0, pseudo_added=3, pseudo_right=2, temperature=1, lr=0.1, step=1),
        {'accuracy/top1': 40.0, 'step': 1},
    )
    draw_training_curves([one, two], tmp_path / 'a.png')
    panels = [(axis.get_title(), list(curves(axis))) for axis in drawn[0].axes]
    lacking = [('learning rate', []), ('pseudo', []), ('other values', []), ('metrics', [])]
    assert panels[:5] == [('loss', ['loss']), *lacking]
    assert panels[5:] == [
        ('loss', ['loss']), ('learning rate', ['lr']), ('pseudo', ['pseudo_added', 'pseudo_right']),
        ('other values', ['temperature']), ('metrics', ['top1']),
    ]  # fmt: skip
    assert [axis.texts[0].get_text() for axis in drawn[0].axes[1:5]] == ['not logged'] * 4
    assert drawn[0].axes[0].get_ylim()[0] < -1


def test_the_sum_of_losses_is_drawn_where_it_is_all_there_is(tmp_path, drawn):
    parts = write_log(tmp_path / 'parts', dict(loss=3.0, loss_a=1.0, loss_b=2.0, step=1))
    plain = write_log(tmp_path / 'plain', dict(loss=0.5, step=1))
    draw_training_curves([parts, plain], tmp_path / 'a.png')
    assert [list(curves(axis)) for axis in drawn[0].axes] == [['loss_a', 'loss_b'], ['loss']]


def test_equal_curves_are_both_seen(tmp_path, drawn):
    log = write_log(tmp_path, *(dict(loss=1.0, alpha=0.5, beta=0.5, step=i) for i in (1, 2)))
    draw_training_curves([log], tmp_path / 'a.png')
    styles = [line.get_linestyle() for line in drawn[0].axes[1].lines]
    assert styles == ['-', '--']


def test_unfinished_last_line_is_passed_over(tmp_path):
    file = write_run(tmp_path / '20250101_000000')
    whole = read_training_log(tmp_path)
    with file.open('a') as log:
        log.write('{"loss": 0.1, "st')
    assert read_training_log(tmp_path).train == whole.train


def test_missing_and_broken_logs(tmp_path):
    with pytest.raises(FileNotFoundError, match='no such work directory: .*nowhere'):
        read_training_log(tmp_path / 'nowhere')
    with pytest.raises(FileNotFoundError, match=r'to hold \*/vis_data/scalars.json, but got none'):
        read_training_log(tmp_path)
    file = write_run(tmp_path / '20250101_000000', num_epochs=0)
    with pytest.raises(ValueError, match='to hold training steps, but got none'):
        read_training_log(tmp_path)
    file.write_text('{"loss": 1, "step": 1}\nnonsense\n{"loss": 1, "step": 2}\n')
    with pytest.raises(ValueError, match='scalars.json:2 to be JSON'):
        read_training_log(tmp_path)
    with pytest.raises(ValueError, match='at least one run'):
        draw_training_curves([], tmp_path / 'a.png')
    for folder, message in ((tmp_path / 'nowhere', 'no such'), (tmp_path, 'to be JSON')):
        with pytest.raises(SystemExit, match=f'error: .*{message}'):
            main(folder, '--out', tmp_path / 'a.png')
    assert not (tmp_path / 'a.png').exists()
