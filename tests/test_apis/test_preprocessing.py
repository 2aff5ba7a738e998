import numpy as np
import pytest
import torch
from helpers.inference import full_pipeline
from mmcv.image import imread
from PIL import Image

from dsrb_mm.apis import InputPipeline, UnreadableImageError, collect_images
from dsrb_mm.apis.preprocessing import collate


def test_files_pass_the_whole_test_pipeline(cfg, photos):
    pipeline = InputPipeline(cfg)
    (image,) = collect_images(photos / 'd.png')
    expected = full_pipeline()(dict(img_path=image.path))
    found = pipeline(image)
    assert torch.equal(found['inputs'], expected['inputs'])
    assert found['data_samples'].ori_shape == (64, 64)
    (array,) = collect_images(imread(str(photos / 'd.png')), 'bgr')
    assert torch.equal(pipeline(array)['inputs'], expected['inputs'])
    (opened,) = collect_images(Image.open(photos / 'd.png'))
    assert torch.equal(pipeline(opened)['inputs'], expected['inputs'])
    assert pipeline(opened)['data_samples'].ori_shape == (64, 64)


def test_input_size(cfg):
    assert InputPipeline(cfg).input_size() == (64, 96)
    cfg.test_dataloader.dataset.dataset.pipeline[1] = dict(type='ResizeEdge', scale=32)
    with pytest.raises(ValueError, match='one size.*give the input size'):
        InputPipeline(cfg).input_size()


def test_config_without_pipeline(cfg):
    cfg.pop('test_dataloader')
    with pytest.raises(ValueError, match='pipeline in test_dataloader'):
        InputPipeline(cfg)


def test_validation_set_stands_in(cfg):
    cfg.val_dataloader = cfg.pop('test_dataloader')
    assert InputPipeline(cfg).input_size() == (64, 96)


@pytest.mark.parametrize('content', [b'', b'no image at all'])
def test_unreadable_files_are_named(cfg, tmp_path, content):
    (tmp_path / 'bad.png').write_bytes(content)
    with pytest.raises(UnreadableImageError, match='bad.png'):
        InputPipeline(cfg)(collect_images(tmp_path)[0])


def test_unreadable_images_of_pillow_are_named(cfg, photos, tmp_path):
    (tmp_path / 'cut.jpg').write_bytes((photos / 'a.jpg').read_bytes()[:-300])
    images = collect_images([photos / 'a.jpg', Image.open(tmp_path / 'cut.jpg')])
    with pytest.raises(UnreadableImageError, match='input 000001 to be a readable image'):
        InputPipeline(cfg)(images[1])


def test_batch_of_different_sizes(cfg):
    cfg.test_dataloader.dataset.dataset.pipeline[1] = dict(type='ResizeEdge', scale=32)
    pipeline = InputPipeline(cfg)
    images = collect_images([np.zeros((40, w, 3), np.uint8) for w in (40, 60)], 'rgb')
    with pytest.raises(ValueError, match='batch_size=1'):
        collate([pipeline(image) for image in images])
