import numpy as np
import pytest

from dsrb_mm.completion import ScoreTable
from dsrb_mm.datasets.config_data import ConfigData

CLASSES = ('cat', 'dog')


def images(*paths):
    return ConfigData('val', None, list(paths), np.zeros((0, 2)), np.zeros((0, 2)), CLASSES, ())


def test_scores_by_image_and_category(tmp_path):
    (tmp_path / 'a.jpg').touch()
    (tmp_path / 'link.jpg').symlink_to('a.jpg')
    (tmp_path / 's.csv').write_text(
        'path,split, dog ,cat,x\na.jpg,train,0.25,1e-3,\nb.jpg,,1,0,?\n'
    )
    table = ScoreTable(tmp_path / 's.csv', CLASSES, str(tmp_path))
    wanted = images(f'{tmp_path}/b.jpg', f'{tmp_path}/link.jpg')
    assert np.allclose(table.scores_of(wanted), [[0, 1], [0.001, 0.25]])
    with pytest.raises(
        ValueError, match=r'scores of all 1 val images, but got none of 1: .*c\.jpg'
    ):
        table.scores_of(images('c.jpg'))


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('path,dog\na,1\n', r"\['cat'\] are missing"),
        ('', 'to be a CSV with a header, but it is empty'),
        ('path,cat,dog\na,0,1\nb,1.5,0\n', "'1.5' in line 3, column 'cat'"),
        ('path,cat,dog\na,0,\n', "'' in line 2, column 'dog'"),
        ('path,cat,dog\na,nan,1\n', 'line 2'),
    ],
)
def test_wrong_files(tmp_path, text, message):
    (tmp_path / 's.csv').write_text(text)
    with pytest.raises(ValueError, match=message):
        ScoreTable(tmp_path / 's.csv', CLASSES, '')
