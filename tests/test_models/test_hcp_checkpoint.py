import importlib.util
from pathlib import Path

import numpy as np
import pytest
import torch
from mmengine.config import Config
from mmengine.logging import MMLogger
from mmengine.registry import init_default_scope
from mmengine.runner import load_checkpoint
from mmengine.runner.checkpoint import load_state_dict
from mmpretrain.registry import MODELS
from oracles import dense
from torchvision.models import resnet

from dsrb_mm.models.hcp_checkpoint import convert_checkpoint, from_hcp, to_hcp

ROOT = Path(__file__).resolve().parents[2]
C, K = 20, 11


def published_state(depth=18, channels=24, joint=16, hidden=12, num_classes=C, width=K):
    """Random weights under the published names; the keys stand here as published, not derived."""
    backbone = getattr(resnet, f'resnet{depth}')(weights=None)
    state = {f'backbone.{k}': v for k, v in backbone.state_dict().items() if k[:3] != 'fc.'}
    for name, value in state.items():
        if name.endswith('running_mean'):
            value.uniform_(-0.1, 0.1)
        # As in trained networks; unscaled, features grow from layer to layer, rounding errors too.
        if name.endswith('bn2.weight' if depth < 50 else 'bn3.weight'):
            value.fill_(0.2)
    in_channels = 512 if depth < 50 else 2048

    def layer(name, *shape, bias=True):
        state[f'{name}.weight'] = torch.randn(*shape) * shape[1] ** -0.5
        if bias:
            state[f'{name}.bias'] = torch.randn(shape[0]) * 0.1

    layer('changeChannel.0', channels, in_channels, 1, 1, bias=False)
    state |= {
        'changeChannel.1.weight': torch.rand(channels) + 0.5,
        'changeChannel.1.bias': torch.randn(channels),
        'changeChannel.1.running_mean': torch.randn(channels) * 0.1,
        'changeChannel.1.running_var': torch.rand(channels) + 0.5,
        'changeChannel.1.num_batches_tracked': torch.tensor(7),
        'wordFeatures': torch.randn(num_classes, width),
        'alpha': torch.tensor(0.375),
        'beta': torch.tensor(0.625),
    }
    layer('SemanticDecoupling.fc1', joint, channels, bias=False)
    layer('SemanticDecoupling.fc2', joint, width, bias=False)
    layer('SemanticDecoupling.fc3', joint, joint)
    layer('SemanticDecoupling.fc4', 1, joint)
    state['SemanticDecoupling.fc4.weight'] *= 3  # distinct peaks
    for i in (1, 2, 3):
        layer(f'GraphNeuralNetwork.fc_{i}_w', channels, 2 * channels)
        layer(f'GraphNeuralNetwork.fc_{i}_u', channels, channels)
    layer('fc', hidden, 2 * channels)
    layer('classifiers', num_classes, hidden)
    set_graph(state, torch.rand(num_classes, num_classes))
    return state


def set_graph(state, graph):
    for prefix in ('', 'GraphNeuralNetwork.'):
        state[f'{prefix}inMatrix'] = graph.clone()
        state[f'{prefix}outMatrix'] = graph.T.clone()


def oracle_logits(state, images, depth):
    """Backbone by torchvision in float32, everything after it by the dense oracle in float64."""
    backbone = getattr(resnet, f'resnet{depth}')(weights=None)
    backbone.fc = torch.nn.Identity()
    backbone.load_state_dict({k[9:]: v for k, v in state.items() if k[:9] == 'backbone.'})
    layers = list(backbone.eval().children())[:-2]
    with torch.no_grad():
        image_map = torch.nn.Sequential(*layers)(images).double()
    s = {k: v.double() for k, v in state.items()}
    gnn = 'GraphNeuralNetwork.fc_'
    params = dict(
        word_vectors=s['wordFeatures'],
        P=s['SemanticDecoupling.fc1.weight'],
        Q=s['SemanticDecoupling.fc2.weight'],
        M=s['SemanticDecoupling.fc3.weight'],
        m=s['SemanticDecoupling.fc3.bias'],
        u=s['SemanticDecoupling.fc4.weight'][0],
        n=s['SemanticDecoupling.fc4.bias'][0],
        F=s['fc.weight'],
        f=s['fc.bias'],
        v=s['classifiers.weight'],
        b=s['classifiers.bias'],
        conv=s['changeChannel.0.weight'][:, :, 0, 0],
        bn_weight=s['changeChannel.1.weight'],
        bn_bias=s['changeChannel.1.bias'],
        bn_mean=s['changeChannel.1.running_mean'],
        bn_var=s['changeChannel.1.running_var'],
    )
    for i in (1, 2, 3):
        params |= {f'W{i}': s[f'{gnn}{i}_w.weight'], f'w{i}': s[f'{gnn}{i}_w.bias']}
        params |= {f'U{i}': s[f'{gnn}{i}_u.weight'], f'u{i}': s[f'{gnn}{i}_u.bias']}
    projected = dense.project(dense.pool2(image_map), params, training=False)
    _, maps = dense.attended_maps(projected, params)
    return dense.classify(maps.sum((1, 2)), s['inMatrix'], params, steps=3)


def build_model(word_vectors, depth=18, channels=24, joint=16, hidden=12):
    cfg = Config.fromfile(str(ROOT / 'configs/dsrb_voc_p50.py'))
    options = {
        'model.backbone.init_cfg': None,
        'model.backbone.depth': depth,
        'model.neck.word_vectors': None if word_vectors is None else str(word_vectors),
        'model.neck.in_channels': 512 if depth < 50 else 2048,
        'model.neck.out_channels': channels,
        'model.neck.attention_channels': joint,
        'model.head.in_channels': channels,
        'model.head.num_classes': C,
        'model.neck.num_classes': C,
        'model.head.hidden_channels': hidden,
    }
    cfg.merge_from_dict(options)
    init_default_scope('mmpretrain')
    return MODELS.build(cfg.model).eval()


@pytest.fixture
def tool():
    spec = importlib.util.spec_from_file_location(
        'convert_hcp_checkpoint', ROOT / 'tools/convert_hcp_checkpoint.py'
    )
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def log(caplog, monkeypatch):
    """What the current MMEngine logger says; it does not propagate by itself."""
    monkeypatch.setattr(MMLogger.get_current_instance(), 'handlers', [caplog.handler])
    return caplog


def equal(one, other):
    assert one.keys() == other.keys()
    return all(one[k].dtype == other[k].dtype and torch.equal(one[k], other[k]) for k in one)


def test_logits_through_config_and_load_checkpoint(tool, tmp_path):
    state = published_state()
    wrapped = {f'module.{k}': v for k, v in state.items()}
    torch.save({'epoch': 3, 'state_dict': wrapped}, tmp_path / 'theirs.pth')
    tool.main([str(tmp_path / 'theirs.pth'), str(tmp_path / 'ours.pth')])
    assert np.array_equal(np.load(tmp_path / 'ours.npy'), state['wordFeatures'].numpy())
    model = build_model(tmp_path / 'ours.npy')
    # Strict: otherwise MMEngine reports missing and unknown keys and goes on.
    load_checkpoint(model, str(tmp_path / 'ours.pth'), strict=True)
    images = torch.randn(2, 3, 128, 128)
    with torch.no_grad():
        logits = model(images)
    deviation = (logits - oracle_logits(state, images, 18)).abs().max()
    print(f'deviation of the logits: {deviation:.1e}')
    assert deviation < 1e-5
    assert logits.std() > 0.1  # something to compare
    assert model.head.graph.is_set
    assert not model.head.complements.pprb.bank.available.any()


def test_full_size_resnet101():
    sizes = dict(depth=101, channels=1024, joint=512, hidden=1024)
    state = published_state(**sizes, width=300)
    model = build_model(None, **sizes)
    load_state_dict(model, from_hcp(state), strict=True)
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        logits = model(images)
    deviation = (logits - oracle_logits(state, images, 101)).abs().max()
    print(f'deviation of the logits: {deviation:.1e}')
    assert deviation < 1e-5
    assert logits.std() > 0.1


def test_round_trip_is_bit_for_bit(tool, tmp_path):
    state = published_state()
    files = [str(tmp_path / name) for name in ('theirs.pth', 'ours.pth', 'again.pth')]
    torch.save(state, files[0])
    tool.main(files[:2])
    tool.main([*files[1:], '--reverse'])
    again = torch.load(files[2], weights_only=True)['state_dict']
    assert equal(again, state)
    # A view saved with its base would carry all of the stacked matrices.
    assert Path(files[2]).stat().st_size < 1.01 * Path(files[0]).stat().st_size


def test_reverse_accepts_a_trained_model():
    """What our model saves converts to theirs and back, prototypes excepted."""
    state = published_state()
    ours = from_hcp(state)
    bank = 'head.complements.pprb.bank.'
    ours[f'{bank}counts'] = torch.full((C, 4), 3)
    ours[f'{bank}prototypes'] = torch.randn(C, 4, 24)
    back = from_hcp(to_hcp(ours))
    for name in ('counts', 'prototypes'):
        assert back.pop(bank + name).numel() == 0
        ours.pop(bank + name)
    assert equal(back, ours)


def test_nan_rows_become_zero_and_are_said(log):
    state = published_state()
    graph = state['inMatrix']
    graph[4] = float('nan')
    set_graph(state, graph)
    adjacency = from_hcp(state)['head.graph.adjacency']
    assert torch.equal(adjacency, graph.nan_to_num(0))
    assert '[4]' in log.text
    assert 'NaN' in log.text


@pytest.mark.parametrize(
    ('name', 'change'),
    [
        ('outMatrix', lambda matrix: matrix.T),
        ('GraphNeuralNetwork.inMatrix', lambda matrix: matrix + 1),
        ('inMatrix', lambda matrix: matrix.index_fill(1, torch.tensor(3), float('nan'))),
    ],
)
def test_contradicting_matrices(name, change):
    state = published_state()
    state[name] = change(state[name])
    with pytest.raises(ValueError, match='expected .*Matrix to be'):
        from_hcp(state)


def test_missing_and_unknown_keys_are_listed():
    state = published_state()
    for name in ('beta', 'backbone.layer3.1.conv2.weight', 'changeChannel.1.running_var'):
        del state[name]
    state['prototypes'] = torch.zeros(3)
    with pytest.raises(ValueError) as error:
        from_hcp(state)
    text = str(error.value)
    assert '3 missing' in text
    assert '1 unknown' in text
    for name in ('beta', 'backbone.layer3.1.conv2.weight', 'running_var', 'prototypes'):
        assert f"{name}'" in text


def test_reverse_names_what_a_model_lacks():
    state = from_hcp(published_state())
    name = 'head.complements.iprb.blending_weight.value'
    del state[name]
    with pytest.raises(ValueError, match=rf"1 missing: \['{name}'\]"):
        to_hcp(state)


def test_variants_of_a_checkpoint():
    """Old counters, scalars of shape (1,), a backbone that gives D channels by itself."""
    state = published_state(channels=512)
    reference = from_hcp(state)
    old = {k: v for k, v in state.items() if not k.endswith('num_batches_tracked')}
    old |= {'alpha': state['alpha'].reshape(1), 'beta': state['beta'].reshape(1)}
    converted = from_hcp(old)
    assert equal(converted, {k: v for k, v in reference.items() if 'num_batches' not in k})
    plain = {k: v for k, v in state.items() if not k.startswith('changeChannel')}
    assert equal(to_hcp(from_hcp(plain)), plain)


@pytest.mark.parametrize('content', [[1, 2], {'epoch': 3}, {'state_dict': 5}])
def test_no_state_dict(tool, tmp_path, content):
    torch.save(content, tmp_path / 'a.pth')
    with pytest.raises(SystemExit, match='error: expected .* to hold a state dict'):
        tool.main([str(tmp_path / 'a.pth'), str(tmp_path / 'b.pth')])
    assert not (tmp_path / 'b.pth').exists()


def test_files_that_cannot_be_used(tool, tmp_path):
    (tmp_path / 'text.pth').write_text('no checkpoint')
    torch.save({'state_dict': {}, 'args': Path('x')}, tmp_path / 'objects.pth')
    for name, message in (('text', 'a file of another kind'), ('objects', 'plain containers')):
        with pytest.raises(ValueError, match=message):
            convert_checkpoint(tmp_path / f'{name}.pth', tmp_path / 'b.pth')
    with pytest.raises(ValueError, match='other than SRC'):
        convert_checkpoint(tmp_path / 'text.pth', tmp_path / 'text.pth')
    with pytest.raises(SystemExit, match='error: .*none.pth'):
        tool.main([str(tmp_path / 'none.pth'), str(tmp_path / 'b.pth')])


def test_torchvision_resnet101_names_are_mmpretrains():
    """The published backbone starts from torchvision's file, which both must name alike."""
    with torch.device('meta'):
        theirs = resnet.resnet101(weights=None).state_dict()
    ours = MODELS.build(dict(type='ResNet', depth=101, style='pytorch')).state_dict()
    shapes = {k: v.shape for k, v in theirs.items() if not k.startswith('fc.')}
    assert {k: v.shape for k, v in ours.items()} == shapes


def test_torchvision_file_loads_as_backbone(tmp_path):
    source = resnet.resnet50(weights=None).eval()
    torch.save(source.state_dict(), tmp_path / 'resnet50.pth')
    init_cfg = dict(type='Pretrained', checkpoint=str(tmp_path / 'resnet50.pth'))
    backbone = MODELS.build(dict(type='ResNet', depth=50, style='pytorch', init_cfg=init_cfg))
    backbone.init_weights()
    backbone.eval()
    images = torch.randn(1, 3, 64, 64)
    with torch.no_grad():
        expected = torch.nn.Sequential(*list(source.children())[:-2])(images)
        assert torch.equal(backbone(images)[-1], expected)
