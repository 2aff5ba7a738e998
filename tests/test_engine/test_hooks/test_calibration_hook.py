"""A calibration is stored with the weights it was fitted on, and never flatters a test."""

from types import SimpleNamespace

import numpy as np
import pytest
import torch
from mmpretrain.structures import DataSample

from dsrb_mm.calibration import META_KEY, Calibration, fit_calibration, image_keys
from dsrb_mm.engine.checkpoints.checkpoint_reading import CheckpointFileError
from dsrb_mm.engine.checkpoints.stored_calibration import read_calibration, store_calibration
from dsrb_mm.engine.hooks import CalibrationHook
from dsrb_mm.evaluation import MultiLabelRecognitionMetric, precision_recall


class Data(SimpleNamespace):
    def __len__(self):
        return len(self.paths)

    def get_data_info(self, i):
        return dict(img_path=self.paths[i])


class Logger:
    def __init__(self):
        self.lines = []

    def info(self, text):
        self.lines.append(text)

    warning = info


@pytest.fixture
def validated():
    """Logits and labels of 40 images and three categories, as samples."""
    rng = np.random.default_rng(0)
    logits = rng.normal(size=(40, 3)).astype(np.float32) - 2
    labels = (logits + rng.normal(size=logits.shape) > -1.5).astype(int)
    labels[rng.random(labels.shape) < 0.2] = -1
    samples = []
    for z, y in zip(torch.tensor(logits), torch.tensor(labels), strict=True):
        sample = DataSample().set_pred_score(z.sigmoid()).set_gt_score(y.float())
        sample.set_field(z, 'pred_logit', dtype=torch.Tensor)
        samples.append(sample)
    return logits, labels, samples


@pytest.fixture
def runner():
    data = Data(paths=[f'd/val/{i}.jpg' for i in range(40)])
    loader = SimpleNamespace(dataset=data)
    metric = MultiLabelRecognitionMetric()
    return SimpleNamespace(
        model=torch.nn.Module(),
        cfg=dict(load_from='a.pth'),
        logger=Logger(),
        val_dataloader=loader,
        test_dataloader=loader,
        test_evaluator=SimpleNamespace(metrics=[metric]),
        message_hub=SimpleNamespace(runtime_info={}),
    )


def validate(hook, runner, samples):
    hook.before_val_epoch(runner)
    for start in range(0, len(samples), 16):
        hook.after_val_iter(runner, start // 16, None, samples[start : start + 16])
    hook.after_val_epoch(runner, {})


def saved(hook, runner):
    checkpoint = dict(meta={})
    hook.before_save_checkpoint(runner, checkpoint)
    return checkpoint['meta'].get(META_KEY)


def test_what_is_saved_is_of_the_weights_validated(runner, validated):
    logits, labels, samples = validated
    hook = CalibrationHook(fit=True)
    assert saved(hook, runner) is None
    validate(hook, runner, samples)
    keys = image_keys(runner.val_dataloader.dataset.paths)
    expected = fit_calibration(logits, labels, keys, 'val')
    assert Calibration.from_dict(saved(hook, runner)) == expected
    hook.before_train_iter(runner, 0)
    assert saved(hook, runner) is None


def test_without_fit_nothing_is_kept(runner, validated):
    hook = CalibrationHook()
    validate(hook, runner, validated[2])
    assert saved(hook, runner) is None


def test_the_last_checkpoint_gets_it_at_the_end(runner, validated, tmp_path):
    path = tmp_path / 'epoch_2.pth'
    meta = dict(epoch=2, iter=8)
    torch.save(dict(state_dict=dict(w=torch.ones(2)), meta=meta, optimizer={}), path)
    runner.message_hub.runtime_info['last_ckpt'] = str(path)
    hook = CalibrationHook(fit=True)
    hook.after_train(runner)  # nothing validated
    assert META_KEY not in torch.load(path, weights_only=True)['meta']
    validate(hook, runner, validated[2])
    runner.iter = 12  # an epoch without a checkpoint
    hook.after_train(runner)
    assert META_KEY not in torch.load(path, weights_only=True)['meta']
    runner.iter = 8
    hook.after_train(runner)
    content = torch.load(path, weights_only=True)
    assert content['meta']['epoch'] == 2 and content['optimizer'] == {}
    assert content['state_dict']['w'].tolist() == [1, 1]
    assert read_calibration(content, path, 3).images == 40


def evaluate(runner, hook, validated, stored):
    hook.after_load_checkpoint(runner, dict(meta={} if stored is None else {META_KEY: stored}))
    hook.before_test_epoch(runner)
    (metric,) = runner.test_evaluator.metrics
    metric.process(None, [sample.to_dict() for sample in validated[2]])
    return metric.compute_metrics(metric.results)


def test_a_test_on_other_images_uses_the_thresholds(runner, validated):
    logits, labels, _ = validated
    other = fit_calibration(logits[:20], labels[:20], image_keys(['d/other/1.jpg']))
    found = evaluate(runner, CalibrationHook(), validated, other.to_dict())
    expected = precision_recall(other.predict(other.probabilities(logits)), labels)['CF1']
    assert found['CF1_tuned'] == pytest.approx(100 * expected)
    assert runner.model.calibration == other
    assert 'fitted on 20 images' in runner.logger.lines[0]


def test_a_test_on_the_images_of_the_fit_is_cross_validated(runner, validated):
    logits, labels, _ = validated
    fitted = fit_calibration(logits, labels, image_keys(['elsewhere/val/3.jpg']))
    found = evaluate(runner, CalibrationHook(), validated, fitted.to_dict())
    flattering = precision_recall(fitted.predict(fitted.probabilities(logits)), labels)['CF1']
    assert found['CF1'] < found['CF1_tuned'] < 100 * flattering
    assert 'cross-validated' in runner.logger.lines[0]


def test_an_old_checkpoint_is_said_to_have_none(runner, validated):
    found = evaluate(runner, CalibrationHook(), validated, None)
    assert 'CF1_tuned' not in found and 'from 0.5 on' in runner.logger.lines[0]


@pytest.mark.parametrize('content', [dict(temperature=1), 'yes', [1]])
def test_a_damaged_record_is_named(content):
    with pytest.raises(CheckpointFileError, match=r'calibration in a\.pth is damaged'):
        read_calibration(dict(meta={META_KEY: content}), 'a.pth')


def test_another_number_of_categories_is_named(validated, tmp_path):
    path = tmp_path / 'bare.pth'
    torch.save(dict(w=torch.ones(1)), path)
    store_calibration(path, fit_calibration(*validated[:2]))
    content = torch.load(path, weights_only=True)
    assert list(content['state_dict']) == ['w']
    with pytest.raises(CheckpointFileError, match='3 categories, but the model has 5'):
        read_calibration(content, path, 5)
