import pytest

from dsrb_mm.fileio.outputs import check_outputs, check_picture_folder


def test_what_may_be_written(tmp_path):
    old, new, source = tmp_path / 'old.csv', tmp_path / 'new.csv', tmp_path / 'in.csv'
    for file in (old, source):
        file.touch()
    check_outputs([new, tmp_path / 'b/other.csv'], [source])
    with pytest.raises(FileExistsError, match='--overwrite'):
        check_outputs([old], [source], overwrite=False)
    check_outputs([old], [source], overwrite=True)
    (tmp_path / 'deeper').mkdir()
    link = tmp_path / 'link.csv'
    link.symlink_to(source)
    hard = tmp_path / 'hard.csv'
    hard.hardlink_to(source)
    for path in (source, link, hard, tmp_path / 'deeper/../in.csv'):
        with pytest.raises(ValueError, match='read as input'):
            check_outputs([path], [source], overwrite=True)
    with pytest.raises(ValueError, match='twice'):
        check_outputs([new, tmp_path / 'x/../new.csv'], [])
    with pytest.raises(ValueError, match='folder'):
        check_outputs([tmp_path], [], overwrite=True)


def test_pictures_do_not_go_among_the_images(tmp_path):
    images = tmp_path / 'images'
    images.mkdir()
    (tmp_path / 'link').symlink_to(images)
    check_picture_folder(tmp_path / 'pictures', [images, tmp_path / 'gone'])
    check_picture_folder(tmp_path, [images])
    for folder in (images, images / 'new', tmp_path / 'link'):
        with pytest.raises(ValueError, match='where images are read from'):
            check_picture_folder(folder, [images])
