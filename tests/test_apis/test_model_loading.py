import pytest
import torch
from helpers.inference import CLASSES, inference_config, write_checkpoint

from dsrb_mm.apis import check_classes, load_model

NAMES = ['w', 'x', 'y', 'z']


def classes_of(model):
    return model._dataset_meta.get('classes')


def test_names_from_argument_file_checkpoint_config(cfg, checkpoints, tmp_path):
    (tmp_path / 'names.txt').write_text('\n'.join(NAMES))
    assert classes_of(load_model(cfg, checkpoints['dsrb'], 'cpu')) == tuple(CLASSES)
    for given in (NAMES, tmp_path / 'names.txt', str(tmp_path / 'names.txt')):
        assert classes_of(load_model(cfg, checkpoints['dsrb'], 'cpu', given)) == tuple(NAMES)
    write_checkpoint(cfg, tmp_path / 'nameless.pth', classes=None)
    assert classes_of(load_model(cfg, tmp_path / 'nameless.pth', 'cpu')) is None
    cfg.test_dataloader.dataset.dataset.metainfo = dict(classes=NAMES)
    assert classes_of(load_model(cfg, tmp_path / 'nameless.pth', 'cpu')) == tuple(NAMES)


def test_names_of_a_dataset_class(cfg, tmp_path):
    cfg.test_dataloader.dataset.dataset.type = 'VOC'
    write_checkpoint(cfg, tmp_path / 'nameless.pth', classes=None)
    with pytest.raises(ValueError, match='expected 4 category names.*got 20 from the test dataset'):
        load_model(cfg, tmp_path / 'nameless.pth', 'cpu')


def test_categories_of_the_data(cfg, checkpoints):
    model = load_model(cfg, checkpoints['dsrb'], 'cpu', NAMES)
    check_classes(model, NAMES, 'x.pth')
    with pytest.raises(ValueError, match=r"categories of x.pth .* only in the data: .'cow'"):
        check_classes(model, ['w', 'cow', 'y', 'z'], 'x.pth')
    with pytest.raises(ValueError, match='got 5 instead of 4'):
        check_classes(model, [*NAMES, 'cow'], 'x.pth')
    model._dataset_meta = {}
    check_classes(model, ['cow'], 'x.pth')


def test_names_in_another_order_are_refused(cfg, checkpoints):
    swapped = [CLASSES[1], CLASSES[0], *CLASSES[2:]]
    with pytest.raises(ValueError, match=f"has '{CLASSES[1]}' at place 1, where the model has"):
        load_model(cfg, checkpoints['dsrb'], 'cpu', swapped)
    translated = ['Katze', *CLASSES[1:]]
    assert classes_of(load_model(cfg, checkpoints['dsrb'], 'cpu', translated)) == tuple(translated)


def test_numbered_categories_may_get_names(cfg, tmp_path):
    write_checkpoint(cfg, tmp_path / 'vg.pth', classes=[f'category {i}' for i in range(4)])
    given = ['category 3', *NAMES[:3]]
    assert classes_of(load_model(cfg, tmp_path / 'vg.pth', 'cpu', given)) == tuple(given)


@pytest.mark.parametrize('kind', ['dsrb', 'plain'])
def test_wrong_number_of_names(checkpoints, kind):
    with pytest.raises(ValueError, match='expected 4 category names.*got 2 from the argument'):
        load_model(inference_config(kind), checkpoints[kind], 'cpu', ['a', 'b'])


def test_checkpoint_of_another_config(cfg, checkpoints):
    with pytest.raises(ValueError, match='plain.pth to fit the config'):
        load_model(cfg, checkpoints['plain'], 'cpu')
    cfg.model.backbone.depth = 34
    with pytest.raises(ValueError, match='dsrb.pth to fit the config.* weights missing'):
        load_model(cfg, checkpoints['dsrb'], 'cpu')


def test_training_parts_may_be_switched_off(cfg, checkpoints):
    cfg.model.head.complements = []
    load_model(cfg, checkpoints['dsrb'], 'cpu')


def test_checkpoint_of_the_config(cfg, checkpoints):
    with pytest.raises(ValueError, match='expected a checkpoint, but got none'):
        load_model(cfg)
    cfg.load_from = str(checkpoints['dsrb'])
    weights = torch.load(cfg.load_from, weights_only=True)['state_dict']
    loaded = load_model(cfg, device='cpu').state_dict()
    assert all(
        torch.allclose(loaded[name], value, equal_nan=True) for name, value in weights.items()
    )


@pytest.mark.parametrize('device', ['cuda:99', 'abacus'])
def test_device_that_is_not_there(cfg, checkpoints, device):
    with pytest.raises(ValueError, match=f'device to be available, but got {device}'):
        load_model(cfg, checkpoints['dsrb'], device)


def test_single_label_head(cfg, checkpoints):
    cfg.model.neck = dict(type='GlobalAveragePooling')
    cfg.model.head = dict(type='LinearClsHead', num_classes=4, in_channels=128)
    with pytest.raises(ValueError, match='MultiLabelClsHead.*but got LinearClsHead'):
        load_model(cfg, checkpoints['plain'], 'cpu')


def test_frozen_backbones_remember_nothing(cfg, tmp_path):
    cfg.model.backbone = dict(
        type='FrozenBackbone', cache_bytes=10**8, backbone=cfg.model.backbone.to_dict()
    )
    write_checkpoint(cfg, tmp_path / 'frozen.pth')
    model = load_model(cfg, tmp_path / 'frozen.pth', 'cpu')
    with torch.no_grad():
        model.extract_feat(torch.zeros(1, 3, 64, 64))
    assert model.backbone.cache_bytes == 0 and not model.backbone._cache
