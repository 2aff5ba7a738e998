from types import SimpleNamespace

import pytest
import torch
from mmpretrain.structures import DataSample

from dsrb_mm.engine.hooks import AttentionPictureHook
from dsrb_mm.engine.hooks.attention_picture_hook import PictureNames

CASES = {
    'one folder': (['d/a.jpg', 'd/b.jpg'], ['a.png', 'b.png']),
    'two folders': (['d/x/a.jpg', 'd/y/a.jpg', 'd/b.jpg'], ['x/a.png', 'y/a.png', 'b.png']),
    'two suffixes': (['d/a.jpg', 'd/a.png', 'd/b.c'], ['a.jpg.png', 'a.png.png', 'b.c.png']),
    'dots': (['/d/a.1.jpg', '/d/a.2.jpg'], ['a.1.png', 'a.2.png']),
    'one image twice': (['/d/a.jpg', '/d/a.jpg'], ['a.png', 'a.png']),
    'far apart': (['/d/a.jpg', '/e/f/a.jpg'], ['d/a.png', 'e/f/a.png']),
}  # fmt: skip


@pytest.mark.parametrize('case', CASES)
def test_every_image_has_a_name_of_its_own(case):
    paths, expected = CASES[case]
    names = PictureNames(paths)
    assert [names.name(path).as_posix() for path in paths] == expected


class Model:
    """Sees nothing and attends to nothing."""

    def data_preprocessor(self, data):
        return data

    def extract_feat(self, inputs):
        return None


class Data(SimpleNamespace):
    def __len__(self):
        return len(self.infos)

    def get_data_info(self, index):
        return self.infos[index]


def runner_on(infos):
    data = Data(metainfo=dict(classes=['cat', 'dog']), infos=infos)
    return SimpleNamespace(model=Model(), test_dataloader=SimpleNamespace(dataset=data))


def test_images_of_one_name_in_two_folders(tmp_path):
    paths = [str(tmp_path / 'images' / folder / 'same.jpg') for folder in 'ab']
    infos = [dict(img_path=path) for path in paths]

    runner = runner_on(infos)
    outputs = []
    for path in paths:
        sample = DataSample(metainfo=dict(img_path=path))
        outputs.append(sample.set_pred_score(torch.tensor([0.9, 0.1])).set_pred_label([0]))
    hook = AttentionPictureHook(str(tmp_path / 'pictures'), interval=1)
    hook.before_test(runner)
    image = torch.zeros(3, 8, 8, dtype=torch.uint8)
    # In batches of one, as another process or batch size would have it.
    for i in range(2):
        hook.after_test_iter(runner, i, dict(inputs=[image]), outputs[i : i + 1])
    found = sorted((tmp_path / 'pictures').rglob('*.png'))
    assert [p.relative_to(tmp_path / 'pictures').as_posix() for p in found] == [
        'a/same.png',
        'b/same.png',
    ]


def test_pictures_do_not_replace_the_images(tmp_path):
    image = tmp_path / 'a.png'
    image.write_bytes(b'a photo')
    info = dict(img_path=str(image))
    runner = runner_on([info])
    hook = AttentionPictureHook(str(tmp_path), interval=1)
    hook.before_test(runner)
    sample = DataSample(metainfo=info).set_pred_score(torch.tensor([0.9, 0.1]))
    pixels = torch.zeros(3, 8, 8, dtype=torch.uint8)
    with pytest.raises(ValueError, match=r'a.png to be a new file, but got one that is read'):
        hook.after_test_iter(runner, 0, dict(inputs=[pixels]), [sample.set_pred_label([0])])
    assert image.read_bytes() == b'a photo'
