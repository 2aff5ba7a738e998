import csv
import json

import numpy as np
import pytest
from helpers.inference import CLASSES, inference_config, write_config
from helpers.tools import load_main


@pytest.fixture
def infer(checkpoints, tmp_path):
    """Calls tools/infer.py with the tiny DSRB model."""
    config = write_config(inference_config(), tmp_path / 'config.py')
    main = load_main('infer')
    return lambda *args: main([str(a) for a in (config, checkpoints['dsrb'], *args)])


def test_csv_equals_the_python_interface(infer, dsrb, photos, tmp_path):
    out = tmp_path / 'new/scores.csv'
    infer(photos, '--out', out, '--batch-size', 4, '--device', 'cpu')
    with out.open(newline='') as file:
        header, *rows = csv.reader(file)
    results = dsrb(photos, progress=False)
    assert header == ['path', *CLASSES, 'predicted']
    assert [row[0] for row in rows] == [result['path'] for result in results]
    scores = np.array([row[1:-1] for row in rows], float)
    np.testing.assert_allclose(scores, [r['pred_scores'] for r in results], rtol=1e-4, atol=1e-6)


def test_json_lines_and_pictures(infer, photos, tmp_path):
    (tmp_path / 'names.txt').write_text('w\nx\ny\nz\n')
    infer(
        *(photos / 'deeper', photos / 'b.png', '--topk', 1, '--out', tmp_path / 's.jsonl'),
        *('--show-dir', tmp_path / 'pictures', '--classes', tmp_path / 'names.txt'),
    )
    images = [json.loads(line) for line in (tmp_path / 's.jsonl').read_text().splitlines()]
    assert len(images) == 2
    for image in images:
        (predicted,) = image['predicted']
        assert list(image['scores']) == ['w', 'x', 'y', 'z']
        assert image['scores'][predicted] == max(image['scores'].values())
    assert sorted(path.name for path in (tmp_path / 'pictures').iterdir()) == ['a.png', 'b.png']


def test_table(infer, dsrb, photos, capsys, monkeypatch):
    monkeypatch.setenv('COLUMNS', '300')
    infer(photos / 'a.jpg', '--thr', 0)
    shown = capsys.readouterr().out
    result = dsrb(photos / 'a.jpg', thr=0, progress=False)[0]
    expected = ', '.join(
        f'{CLASSES[c]} {result["pred_scores"][c]:.2f}' for c in result['pred_labels']
    )
    assert str(photos / 'a.jpg') in shown and expected in shown


@pytest.mark.parametrize(
    ('args', 'message'),
    [
        (['gone.jpg'], 'gone.jpg'),
        (['{photos}', '--out', 's.txt'], '.csv or .jsonl'),
        (['{photos}', '--thr', '2'], 'thr to be in'),
        (['{photos}', '--device', 'cuda:99'], 'device'),
        (['{photos}', '--classes', 'gone.txt'], 'gone.txt'),
        (['{photos}/notes.txt'], 'notes.txt to be a readable image'),
    ],
)
def test_errors_are_one_line(infer, photos, args, message):
    with pytest.raises(SystemExit) as caught:
        infer(*[arg.format(photos=photos) for arg in args])
    assert str(caught.value).startswith('error: ') and message in str(caught.value)


def test_threshold_and_number_exclude_each_other(infer, photos, capsys):
    with pytest.raises(SystemExit):
        infer(photos, '--thr', 0.5, '--topk', 3)
    assert 'not allowed with' in capsys.readouterr().err


def test_pictures_do_not_replace_the_images(infer, photos):
    before = {path: path.read_bytes() for path in photos.rglob('*') if path.is_file()}
    for inputs, folder in ((photos, photos), (photos / 'b.png', photos)):
        with pytest.raises(SystemExit, match=r'b.png to be a new file, but got one that is read'):
            infer(inputs, '--show-dir', folder)
    assert {path: path.read_bytes() for path in photos.rglob('*') if path.is_file()} == before
