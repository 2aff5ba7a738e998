import pytest
from mmengine.config import Config

from dsrb_mm.fileio.config_file import ConfigFileError, read_config_file, write_config_file


@pytest.mark.parametrize(
    ('name', 'content', 'message'),
    [
        ('labels.csv', b'path,dog\n', r'labels.csv to be a config \(.py, .json'),
        ('a.pth', b'PK\3\4', 'a.pth to be a config'),
        ('a.py', b'\x89PNG', 'a.py to be a config, but it is not text'),
        ('a.py', b' \n', 'a.py to be a config, but it is empty'),
        (
            'a.py',
            b'model = dict(\n',
            r'a.py or a config that it reads .* line 1: .* model = dict\(',
        ),
        ('a.py', b'x = 1\nmodel = nothing\n', r"NameError: name 'nothing' .*a\.py:2\)"),
        ('a.json', b'{"a": 1', 'a.json cannot be read as a config: JSONDecodeError'),
        ('a.json', b'[1]', 'a.json cannot be read as a config'),
        ('a.yml', b'a: [1\n', 'a.yml cannot be read as a config'),
    ],
)
def test_other_files_are_one_line(tmp_path, name, content, message):
    (tmp_path / name).write_bytes(content)
    with pytest.raises(ConfigFileError, match=message) as caught:
        read_config_file(tmp_path / name)
    assert '\n' not in str(caught.value)


def test_missing_files_are_named(tmp_path):
    with pytest.raises(FileNotFoundError, match='found no .*a.py'):
        read_config_file(tmp_path / 'a.py')
    (tmp_path / 'a.py').write_text("_base_ = 'gone.py'\n")
    with pytest.raises(FileNotFoundError, match=r'a.py reads a file that is not there: .*gone.py'):
        read_config_file(tmp_path / 'a.py')
    (tmp_path / 'gone.py').write_text('x = 1\n')
    assert read_config_file(tmp_path / 'a.py').x == 1


def test_a_config_is_whole_or_absent(tmp_path, monkeypatch):
    cfg = Config(dict(model=dict(type='A'), size=(1, 2)))
    file = tmp_path / 'a.py'
    write_config_file(cfg, file)
    assert read_config_file(file).to_dict() == cfg.to_dict()
    before = file.read_bytes()

    def fail(descriptor):
        raise OSError(28, 'No space left on device')

    monkeypatch.setattr('os.fsync', fail)
    with pytest.raises(OSError, match='No space left'):
        write_config_file(Config(dict(b=1)), file)
    assert file.read_bytes() == before and list(tmp_path.iterdir()) == [file]
