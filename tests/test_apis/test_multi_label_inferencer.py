import shutil
import weakref

import numpy as np
import pytest
import torch
from helpers.inference import CLASSES, full_pipeline, inference_config, write_checkpoint
from mmcv.image import imread
from mmengine.dataset import pseudo_collate
from PIL import Image

from dsrb_mm.apis import MultiLabelInferencer, collect_images, load_model
from dsrb_mm.calibration import NEVER, Calibration
from dsrb_mm.engine.checkpoints.stored_calibration import store_calibration


@pytest.fixture
def inferencer(request):
    return request.getfixturevalue(request.param)


both = pytest.mark.parametrize('inferencer', ['dsrb', 'plain'], indirect=True)


@torch.no_grad()
def expected_scores(inferencer, paths):
    """One at a time, by the config's own pipeline and the model's test step."""
    pipeline = full_pipeline()
    samples = [
        inferencer.model.test_step(pseudo_collate([pipeline(dict(img_path=path))]))[0]
        for path in paths
    ]
    return [sample.pred_score.numpy() for sample in samples]


@both
@pytest.mark.parametrize('batch_size', [1, 4, 100])
def test_scores_are_those_of_the_test_loop_in_order(inferencer, photos, batch_size):
    results = inferencer(photos, progress=False, batch_size=batch_size)
    paths = [image.path for image in collect_images(photos)]
    assert [result['path'] for result in results] == paths and len(paths) == 6
    found = np.stack([result['pred_scores'] for result in results])
    np.testing.assert_allclose(found, expected_scores(inferencer, paths), rtol=1e-5, atol=1e-6)
    assert found.std(0).min() > 1e-4, 'the images must not score alike, or order shows nothing'


def test_arrays_of_either_order_are_like_files(dsrb, photos):
    paths = [str(photos / name) for name in ('d.png', 'e.bmp')]
    files = dsrb(paths, progress=False)
    bgr = imread(paths[0])
    arrays = dsrb([bgr, paths[1]], progress=False, batch_size=2, channel_order='bgr')
    for one, other in zip(files, arrays, strict=True):
        np.testing.assert_allclose(one['pred_scores'], other['pred_scores'], rtol=1e-5)
    assert [result['path'] for result in arrays] == [None, paths[1]]
    (rgb,) = dsrb.stream(np.ascontiguousarray(bgr[..., ::-1]), channel_order='rgb')
    np.testing.assert_allclose(rgb['pred_scores'], files[0]['pred_scores'], rtol=1e-5)
    # Another order of channels is another image.
    (wrong,) = dsrb(bgr, progress=False, channel_order='rgb')
    assert abs(wrong['pred_scores'] - files[0]['pred_scores']).max() > 1e-4


def test_images_of_pillow_are_like_files(dsrb, photos):
    names = [str(photos / name) for name in ('d.png', 'e.bmp')]
    opened = dsrb([Image.open(name) for name in names], progress=False)
    for one, other in zip(dsrb(names, progress=False), opened, strict=True):
        np.testing.assert_allclose(one['pred_scores'], other['pred_scores'], rtol=1e-5)


def test_predicted_categories(dsrb, photos):
    for options in (dict(), dict(thr=0.3), dict(topk=2)):
        for result in dsrb(photos, progress=False, **options):
            scores = result['pred_scores']
            kept = [c for c in np.argsort(-scores) if scores[c] >= options.get('thr', 0.5)]
            expected = np.argsort(-scores)[:2].tolist() if 'topk' in options else kept
            assert result['pred_labels'] == expected
            assert result['pred_classes'] == [CLASSES[c] for c in expected]


def test_default_is_what_the_head_was_built_with(cfg, checkpoints, photos):
    cfg.model.head.topk = 3
    inferencer = MultiLabelInferencer(cfg, checkpoints['dsrb'], 'cpu')
    assert all(len(result['pred_labels']) == 3 for result in inferencer(photos, progress=False))


def test_attention_only_where_asked_for(dsrb, photos):
    assert 'attention' not in dsrb(photos / 'a.jpg', progress=False)[0]
    result = dsrb(photos / 'a.jpg', progress=False, return_attention=True)[0]
    assert result['attention'].shape == (4, 2, 3)
    np.testing.assert_allclose(result['attention'].sum((1, 2)), 1, rtol=1e-5)


def test_nothing_of_a_batch_is_kept(dsrb, photos):
    alive, loaded = [], []
    hook = dsrb.model.neck.register_forward_hook(
        lambda module, args, output: alive.append(weakref.ref(output.attention))
    )
    transform = dsrb.pipeline.transform
    dsrb.pipeline.transform = lambda data: (loaded.append(1), transform(data))[1]
    try:
        results = []
        for number, result in enumerate(dsrb.stream(photos, batch_size=2)):
            assert len(loaded) == 2 * (number // 2 + 1)
            assert sum(ref() is not None for ref in alive) <= 1
            results.append(result)
    finally:
        hook.remove()
        dsrb.pipeline.transform = transform
    assert len(alive) == 3 and len(results) == 6


@both
def test_pictures(inferencer, photos, tmp_path):
    inferencer(photos, progress=False, batch_size=4, show_dir=tmp_path / 'p', topk=2)
    found = sorted(p.relative_to(tmp_path / 'p').as_posix() for p in (tmp_path / 'p').rglob('*.*'))
    assert found == ['a.png', 'b.png', 'c.png', 'd.png', 'deeper/a.png', 'e.png']
    with Image.open(tmp_path / 'p/a.png') as picture:
        # One panel for the image and, with attention, one for each predicted category.
        assert picture.width == 260 * (3 if inferencer.has_attention else 1)


def test_pictures_show_the_most_certain(dsrb, photos, tmp_path):
    dsrb(photos / 'a.jpg', progress=False, show_dir=tmp_path, thr=0.0, max_categories=1)
    with Image.open(tmp_path / 'a.png') as picture:
        assert picture.width == 260 * 2


def test_unreadable_image_is_an_error_or_left_out(dsrb, photos, tmp_path):
    (tmp_path / 'bad.jpg').write_bytes(b'nothing')
    inputs = [photos / 'a.jpg', tmp_path / 'bad.jpg', photos / 'b.png']
    with pytest.raises(ValueError, match='bad.jpg'):
        dsrb(inputs, progress=False)
    results = dsrb(inputs, progress=False, skip_unreadable=True, batch_size=2)
    assert [result['path'] for result in results] == [str(inputs[0]), str(inputs[2])]


@pytest.mark.parametrize(
    ('options', 'message'),
    [
        (dict(thr=0.5, topk=1), 'either thr or topk'),
        (dict(thr=-0.1), 'thr to be in'),
        (dict(batch_size=0), 'batch_size'),
        (dict(max_categories=0), 'max_categories'),
        (dict(return_attention=True), 'attention maps.*GlobalAveragePooling'),
    ],
)
def test_arguments_are_checked_at_once(plain, photos, options, message):
    with pytest.raises(ValueError, match=message):
        plain.stream(photos, **options)


def test_missing_input(dsrb):
    with pytest.raises(FileNotFoundError, match='nowhere.jpg'):
        dsrb.stream('nowhere.jpg')


def test_numbers_stand_in_for_names(cfg, tmp_path, photos):
    write_checkpoint(cfg, tmp_path / 'a.pth', classes=None)
    inferencer = MultiLabelInferencer(cfg, tmp_path / 'a.pth', 'cpu')
    assert inferencer.classes is None
    result = inferencer(photos / 'a.jpg', progress=False, topk=2)[0]
    assert result['pred_classes'] == [str(label) for label in result['pred_labels']]


def test_scores_that_are_not_finite(cfg, tmp_path, photos):
    model = write_checkpoint(cfg, tmp_path / 'a.pth')
    model.head.classifier.bias.data[2] = float('nan')
    torch.save(model.state_dict(), tmp_path / 'a.pth')
    inferencer = MultiLabelInferencer(cfg, tmp_path / 'a.pth', 'cpu')
    with pytest.raises(ValueError, match='finite scores for .*a.jpg'):
        inferencer(photos / 'a.jpg', progress=False)


def test_loaded_model(checkpoints, photos, dsrb):
    model = load_model(inference_config(), checkpoints['dsrb'], 'cpu')
    one = MultiLabelInferencer(model)(photos, progress=False)
    other = dsrb(photos, progress=False)
    assert all(
        (a['pred_scores'] == b['pred_scores']).all() for a, b in zip(one, other, strict=True)
    )
    with pytest.raises(ValueError, match='None beside a loaded model'):
        MultiLabelInferencer(model, classes=CLASSES)


@pytest.mark.skipif(not torch.cuda.is_available(), reason='needs a GPU')
@pytest.mark.parametrize('kind', ['dsrb', 'plain'])
def test_gpu(kind, checkpoints, photos, tmp_path):
    results = [
        MultiLabelInferencer(inference_config(kind), checkpoints[kind], device)(
            photos, progress=False, batch_size=3, show_dir=tmp_path / device
        )
        for device in ('cpu', 'cuda')
    ]
    for one, other in zip(*results, strict=True):
        np.testing.assert_allclose(one['pred_scores'], other['pred_scores'], atol=2e-3)


@pytest.mark.parametrize('kind', ['dsrb', 'plain'])
def test_the_calibration_of_the_checkpoint_is_used(kind, checkpoints, photos, tmp_path):
    calibration = Calibration(2.0, (0.5, -0.5, 0, 1), (0.1, 0.9, 0.4, NEVER), (9,) * 4, (9,) * 4, 9)
    path = shutil.copy(checkpoints[kind], tmp_path)
    store_calibration(path, calibration)
    model = load_model(inference_config(kind), path, 'cpu')
    plain = MultiLabelInferencer(model, calibrated=False)
    calibrated = MultiLabelInferencer(model)
    assert (plain.calibration, calibrated.calibration) == (None, calibration)
    pairs = zip(plain(photos, False), calibrated(photos, False), strict=True)
    for one, other in pairs:
        p = one['pred_scores'].astype(float)
        expected = 1 / (1 + np.exp(-(np.log(p / (1 - p)) / 2 + np.array(calibration.bias))))
        np.testing.assert_allclose(other['pred_scores'], expected, rtol=1e-3)
        kept = {c for c in range(4) if expected[c] >= calibration.thresholds[c]}
        assert set(other['pred_labels']) == kept
        assert set(one['pred_labels']) == set(np.flatnonzero(p >= 0.5))
    asked = calibrated(photos, False, thr=0.3)[0]
    assert set(asked['pred_labels']) == set(np.flatnonzero(asked['pred_scores'] >= 0.3))
