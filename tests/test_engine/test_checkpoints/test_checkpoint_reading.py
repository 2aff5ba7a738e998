import io
import shutil
import zipfile
from types import SimpleNamespace

import pytest
import torch
from helpers.hostile import write_hostile_checkpoint
from mmengine.runner import CheckpointLoader, load_checkpoint

from dsrb_mm.engine.checkpoints import guard_checkpoint_loader, load_plain_checkpoint
from dsrb_mm.engine.checkpoints.checkpoint_reading import CheckpointFileError


@pytest.fixture(autouse=True)
def guarded():
    guard_checkpoint_loader()


@pytest.fixture
def marker(tmp_path):
    return tmp_path / 'marker'


@pytest.fixture(params=['now', 'torch < 2.6', 'weights_only forbidden'])
def default(request, monkeypatch):
    """What ``torch.load`` does where its caller says nothing."""
    if request.param == 'torch < 2.6':
        load = torch.load
        monkeypatch.setattr(
            torch, 'load', lambda *args, weights_only=False, **kw: load(
                *args, weights_only=weights_only, **kw
            )
        )  # fmt: skip
    elif request.param == 'weights_only forbidden':
        monkeypatch.setenv('TORCH_FORCE_NO_WEIGHTS_ONLY_LOAD', '1')


def check_payload_works(path, marker):
    """A refusal proves nothing unless the payload would have run."""
    torch.load(path, weights_only=False)
    assert marker.exists()
    marker.unlink()


def test_payload_works_where_code_is_allowed(tmp_path, marker):
    for kind in ('zip', 'legacy'):
        path = write_hostile_checkpoint(tmp_path / f'{kind}.pth', marker, kind)
        check_payload_works(path, marker)


@pytest.mark.parametrize('kind', ['zip', 'legacy', 'tar', 'pickle'])
def test_code_is_not_run(tmp_path, marker, default, kind):
    path = write_hostile_checkpoint(tmp_path / 'a.pth', marker, kind)
    for load in (load_plain_checkpoint, CheckpointLoader.load_checkpoint):
        with pytest.raises(CheckpointFileError, match='a.pth') as caught:
            load(str(path))
        assert '\n' not in str(caught.value)
    assert not marker.exists()


@pytest.mark.parametrize(
    ('url', 'kind', 'reason'),
    [
        ('https://x.org/a.pth', 'zip', 'could run code'),
        ('torchvision://resnet18', 'legacy', 'could run code'),
        ('mmcls://a', 'zip', 'could run code'),
        # torch < 2.6 would run its code in spite of weights_only.
        ('https://x.org/a.pth', 'tar', 'to be a checkpoint, but got: a tar archive'),
        ('torchvision://resnet18', 'tar', 'to be a checkpoint, but got: a tar archive'),
    ],
)
def test_code_is_not_run_from_a_download(tmp_path, marker, default, url, kind, reason, monkeypatch):
    source = write_hostile_checkpoint(tmp_path / 'source', marker, kind)
    monkeypatch.setenv('TORCH_HOME', str(tmp_path / 'hub'))
    monkeypatch.setattr(
        torch.hub, 'download_url_to_file', lambda url, file, *a, **kw: shutil.copy(source, file)
    )
    for name in ('get_torchvision_models', 'get_mmcls_models'):
        urls = dict(resnet18='https://x.org/b.pth', a='https://x.org/c.pth')
        monkeypatch.setattr(f'mmengine.runner.checkpoint.{name}', lambda urls=urls: urls)
    load = torch.load
    with pytest.raises(CheckpointFileError, match=reason) as caught:
        CheckpointLoader.load_checkpoint(url)
    assert '\n' not in str(caught.value) and torch.load is load
    assert list(tmp_path.glob('hub/**/*.pth')) and not marker.exists()


@pytest.mark.parametrize(('kind', 'reason'), [('zip', 'could run code'), ('tar', 'a tar archive')])
def test_code_is_not_run_from_memory(tmp_path, marker, default, kind, reason, monkeypatch):
    """Of object storage, MMEngine loads the content, not a file."""
    data = write_hostile_checkpoint(tmp_path / 'a', marker, kind).read_bytes()
    good = io.BytesIO()
    torch.save(dict(w=torch.ones(2)), good)
    contents = {'s3://bad': data, 's3://good': good.getvalue()}
    backend = SimpleNamespace(get=contents.get)
    monkeypatch.setattr('mmengine.runner.checkpoint.get_file_backend', lambda *_, **__: backend)
    with pytest.raises(CheckpointFileError, match=reason):
        CheckpointLoader.load_checkpoint('s3://bad')
    assert not marker.exists()
    assert CheckpointLoader.load_checkpoint('s3://good')['w'].tolist() == [1, 1]


def test_config_in_a_checkpoint_is_not_executed(tmp_path, marker):
    # MMEngine's Runner.resume executes meta['config'], a string that weights_only lets pass.
    code = f'open({str(marker)!r}, "w").close()'
    torch.save(dict(meta=dict(config=code, epoch=3), state_dict={}), tmp_path / 'a.pth')
    content = CheckpointLoader.load_checkpoint(str(tmp_path / 'a.pth'))
    assert content['meta'] == dict(epoch=3)


def test_plain_checkpoints_load(tmp_path, default):
    model = torch.nn.Linear(2, 1)
    torch.save(dict(state_dict=model.state_dict()), tmp_path / 'a.pth')
    other = torch.nn.Linear(2, 1)
    load_checkpoint(other, str(tmp_path / 'a.pth'))
    assert torch.equal(other.weight, model.weight)
    with pytest.raises(FileNotFoundError, match='gone.pth'):
        CheckpointLoader.load_checkpoint(str(tmp_path / 'gone.pth'))


@pytest.mark.parametrize('content', [b'', b'PK', b'text', b'\x80\x02]q\x00.'])
def test_damaged_file_is_named(tmp_path, content):
    (tmp_path / 'a.pth').write_bytes(content)
    with pytest.raises(CheckpointFileError, match='a.pth'):
        load_plain_checkpoint(tmp_path / 'a.pth')


def test_compressed_checkpoints_are_refused(tmp_path):
    plain, packed = tmp_path / 'a.pth', tmp_path / 'b.pth'
    torch.save(dict(state_dict=dict(w=torch.zeros(10**6))), plain)
    with zipfile.ZipFile(plain) as source, zipfile.ZipFile(packed, 'w', 8) as target:
        for item in source.infolist():
            target.writestr(item.filename, source.read(item))
    assert packed.stat().st_size < 20_000
    with pytest.raises(CheckpointFileError, match='b.pth to be a checkpoint, but got: compressed'):
        load_plain_checkpoint(packed)
    assert load_plain_checkpoint(plain)['state_dict']['w'].shape == (10**6,)


def test_guarding_twice_changes_nothing():
    schemes = dict(CheckpointLoader._schemes)
    guard_checkpoint_loader()
    assert dict(CheckpointLoader._schemes) == schemes
