from pathlib import Path

from dsrb_mm.fileio.paths import user_path


def test_home_folders_and_names_that_only_look_like_them(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv('HOME', '/home/me')
    assert user_path('~/a.png') == Path('/home/me/a.png')
    assert user_path('~nobody_is_called_so.png') == Path('~nobody_is_called_so.png')
    (tmp_path / '~').touch()
    assert user_path('~') == Path('~')
    assert user_path('a\0b') == Path('a\0b')
