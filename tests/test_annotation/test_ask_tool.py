import pytest
from helpers.tools import load_main


@pytest.fixture
def ask(hostile, tmp_path):
    main = load_main('ask')

    def run(out, *more):
        main([str(hostile / 'rank.csv'), '--image-root', str(hostile / 'images'),
              '--out', str(tmp_path / out), *more])  # fmt: skip

    return run


def test_every_kind(ask, tmp_path, capsys):
    ask('page.html', '--limit', '4')
    assert 'page.html: 4 questions about 3 images' in capsys.readouterr().out
    ask('tasks.json', '--to', 'label-studio')
    ask('labels.json', '--to', 'fiftyone')
    assert {path.name for path in tmp_path.iterdir()} == {
        'page.html', 'tasks.json', 'tasks.xml', 'labels.json'
    }  # fmt: skip
    for out, *more in (['page.html'], ['tasks.json', '--to', 'label-studio']):
        with pytest.raises(SystemExit, match=f'{out} exists'):
            ask(out, *more)
    (tmp_path / 'tasks.json').unlink()
    with pytest.raises(SystemExit, match='tasks.xml exists'):
        ask('tasks.json', '--to', 'label-studio')


def test_wrong_names(ask, hostile, capsys):
    with pytest.raises(SystemExit):
        ask('page.json')
    assert 'expected --out to end in .html for page' in capsys.readouterr().err
