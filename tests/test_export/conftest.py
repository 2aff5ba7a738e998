import pytest
from helpers.inference import CLASSES, SMALL, small_config, write_checkpoint

from dsrb_mm.apis import load_model
from dsrb_mm.export import export_onnx
from dsrb_mm.models.layers import attention_kernels


# Not scope='package': without __init__.py that lasts the session, and the patch with it.
@pytest.fixture(scope='module')
def small_model(tmp_path_factory):
    """A loaded DSRB model whose attention is computed two categories at a time."""
    path = tmp_path_factory.mktemp('export') / 'dsrb.pth'
    cfg = small_config('dsrb')
    write_checkpoint(cfg, path)
    # An exported graph must not hold chunks cut for the example's batch.
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(attention_kernels, 'CHUNK_ELEMENTS', 2 * 6 * 8 * 16)
        patch.setattr(attention_kernels, 'CATEGORYWISE', attention_kernels.CHUNKED)
        yield load_model(cfg, path, 'cpu')


@pytest.fixture(scope='module')
def exported(small_model, tmp_path_factory):
    path = tmp_path_factory.mktemp('onnx') / 'new' / 'model.onnx'
    return export_onnx(small_model, path, SMALL, classes=CLASSES, metadata=dict(note='tiny'))
