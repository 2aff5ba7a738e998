import importlib.util
import json
from pathlib import Path

import pytest
from matplotlib.figure import Figure
from PIL import Image

from dsrb_mm.visualization.training_curves import draw_training_curves, read_training_log

ROOT = Path(__file__).resolve().parents[2]


def write_run(folder, num_epochs=4, iters=5, begin=2, evaluate=True, offset=0.0):
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
            lines.append({'multi-label/mAP': 10.0 * (epoch + 1) + offset, 'step': epoch + 1})
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
    assert log.series('mAP') == ([1, 2, 3, 4], [10, 20, 30, 40])
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
    assert read_training_log(tmp_path).series('mAP')[0] == [1, 2]
    earlier = tmp_path / '20250101_000000'
    assert read_training_log(earlier).series('mAP')[0] == [1, 2, 3]
    assert read_training_log(latest).series('mAP')[0] == [1, 2]


def test_picture(tmp_path, drawn):
    for name, offset in (('one', 0.0), ('two', 1.0)):
        # The second run is longer: the shared axes must hold it.
        write_run(tmp_path / name / '20250101_000000', 4 + int(offset), offset=offset)
    out = tmp_path / 'new' / 'curves.png'
    main(tmp_path / 'one', tmp_path / 'two', '--out', out)
    width, height = Image.open(out).size
    assert width > height > 400
    (figure,) = drawn
    assert len(figure.axes) == 10
    loss, weights, changed, attention, metric = (curves(axis) for axis in figure.axes[5:])
    assert list(loss) == [
        'loss_plain', 'loss_contrastive', 'loss_iprb', 'loss_pprb', 'base_rate_entropy'
    ]  # fmt: skip
    assert loss['base_rate_entropy'].get_linestyle() == '--'
    assert loss['loss_plain'].get_linestyle() == '-'
    assert loss['loss_plain'].get_ydata()[0] == 1.5
    assert loss['loss_iprb'].get_xdata().tolist() == list(range(11, 26))
    assert list(weights) == ['alpha', 'beta']
    assert list(changed) == ['iprb_changed', 'pprb_changed']
    assert list(attention) == ['attention_max', 'attention_uniform']
    assert metric['mAP'].get_ydata().tolist() == [11, 21, 31, 41, 51]
    assert [figure.axes[i].get_ylabel() for i in (0, 5)] == ['one', 'two']
    for axis in figure.axes:
        for line in axis.lines:
            assert axis.get_xlim()[0] == 0
            assert line.get_xdata().max() <= axis.get_xlim()[1]
            assert line.get_ydata().max() <= axis.get_ylim()[1]


def test_other_heads(tmp_path, drawn):
    """A baseline logs its loss under one name and nothing of DSRB's."""
    file = tmp_path / '20250101_000000/vis_data/scalars.json'
    file.parent.mkdir(parents=True)
    file.write_text('{"loss": 0.5, "step": 1}\n{"loss": 0.25, "step": 2}\n')
    draw_training_curves([read_training_log(tmp_path)], tmp_path / 'a.png')
    axes = drawn[0].axes
    assert curves(axes[0])['loss'].get_ydata().tolist() == [0.5, 0.25]
    assert [axis.texts[0].get_text() for axis in axes[1:]] == ['not logged'] * 4


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
