import pytest
from helpers.data import random_labels, write_images
from helpers.inference import inference_config, write_checkpoint
from mmengine.config import Config

from dsrb_mm.apis import MultiLabelInferencer


@pytest.fixture(scope='package')
def photos(tmp_path_factory):
    """A folder of six images, one of them in a folder of its own, beside other files."""
    folder = tmp_path_factory.mktemp('photos')
    names = ['b.png', 'a.jpg', 'c.JPG', 'e.bmp', 'd.png']
    labels = random_labels(6, 4)
    write_images(folder, names, labels[:5])
    write_images(folder / 'deeper', ['a.jpg'], labels[5:], size=50)
    (folder / 'notes.txt').write_text('none')
    (folder / '._a.jpg').write_bytes(b'left by another system')
    return folder


@pytest.fixture(scope='package')
def checkpoints(tmp_path_factory):
    """Checkpoint files by kind of model."""
    folder = tmp_path_factory.mktemp('checkpoints')
    for kind in ('dsrb', 'plain'):
        write_checkpoint(inference_config(kind), folder / f'{kind}.pth')
    return {kind: folder / f'{kind}.pth' for kind in ('dsrb', 'plain')}


@pytest.fixture(scope='package')
def dsrb(checkpoints):
    return MultiLabelInferencer(inference_config('dsrb'), checkpoints['dsrb'], 'cpu')


@pytest.fixture(scope='package')
def plain(checkpoints):
    return MultiLabelInferencer(inference_config('plain'), checkpoints['plain'], 'cpu')


@pytest.fixture
def cfg() -> Config:
    return inference_config('dsrb')
