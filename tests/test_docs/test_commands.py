"""What is read from pages."""

import pytest
from fixtures.docs.commands import Command, Listing, read_page
from fixtures.docs.sentences import inline_options, inline_paths


def lines(text):
    return [str(item) for item in read_page(text)]


@pytest.mark.parametrize('page', ['    {}', '```bash\n{}\n```', '```\n{}\n```', '* a\n\n    {}'])
def test_a_command_in_every_kind_of_block(page):
    command = 'python tools/train.py x.py'
    assert lines(page.format(f'{command}   # comment')) == [command]


def test_continued_lines_prompts_chains_and_settings():
    text = '    $ CSV_ROOT=data make test \\\n        ARGS="-k neck"\n    cd a && git pull'
    first, *others = read_page(text)
    assert first.words == ('make', 'test', 'ARGS=-k neck') and first.line == 1
    assert first.environment == {'CSV_ROOT': 'data'}
    assert [(str(item), item.line) for item in others] == [('cd a', 3), ('git pull', 3)]


def test_commands_in_sentences_and_tables():
    text = (
        'Use `make demo`, or\n`python tools/demo.py\n--out x`.\n\n| `mim run` | `python` | `a b` |'
    )
    found = read_page(text)
    assert [str(item) for item in found] == ['make demo', 'python tools/demo.py --out x', 'mim run']
    assert [item.line for item in found] == [1, 2, 5] and all(item.inline for item in found)
    assert [item.is_mention for item in found] == [True, False, True]
    assert inline_paths('`docs/a.md`, `tests/b/`, `tools/c.py --d`, docs/e.md, `x/docs/f.md`') == {
        'docs/a.md', 'tests/b/',
    }  # fmt: skip
    assert inline_options('`--out x.csv --thr=0.3`, `tools/a.py --b`; --c') == {
        '--out', '--thr', '--b',
    }  # fmt: skip


def test_a_marker_holds_for_its_block():
    marker = '<!-- not run by tests: needs a GPU -->'
    text = f'{marker}\n\n    make a\n\n    make b\n\nText.\n\n    make c\n\n{marker}\n| `make d` |'
    assert [item.marker for item in read_page(text)] == [*['needs a GPU'] * 2, None, 'needs a GPU']
    text = f'{marker.replace("needs", "`make b` needs")}\n\n    make a\n    make b'
    assert [item.marker for item in read_page(text)] == [None, '`make b` needs a GPU']


def test_what_is_no_command():
    others = [
        'path,split,dog\n    1.jpg,train,1', '{"a": [\n    1]}', 'x = 3', 'dsrb_mm/models/   heads',
        'S(h, w) = u . M', 'python = 3',
    ]  # fmt: skip
    text = '\n\nText.\n\n'.join(f'    {other}' for other in others)
    assert not [item for item in read_page(text) if isinstance(item, Command)]
    assert read_page('```json\nmake it\n```\n\n```{toctree}\nmake\n```') == []


def test_code_and_files_beside_commands():
    text = '    # my.py\n    a = 1\n\n    b = {{_base_.c}}\n\n    make test\n'
    text += '\n```python\nimport x\n```'
    file, command, code = read_page(text)
    assert isinstance(file, Listing) and file.name == 'my.py' and file.text.endswith('_base_.c}}')
    assert (str(command), command.line) == ('make test', 6)
    assert isinstance(code, Listing) and code.name is None and code.line == 9


@pytest.mark.parametrize(
    ('text', 'message'),
    [
        ('    nvidia-smi', "but got 'nvidia-smi'"),
        ('    nvidia-smi --id 3', "but got 'nvidia-smi --id 3'"),
        ('    make test\n    nvidia-smi', 'line 2: expected a command to begin with'),
        ('    x = dict(a=', "but got 'x = dict"),
        ('    a,b\n    make test', "but got 'make test'"),
        ('<!-- not run: slow -->\n\n    make test', 'line 1: expected "<!-- not run by tests'),
        ('<!-- not run by tests: slow -->\n\nText.', 'expected commands after the marker "slow"'),
        ('<!-- not run by tests: slow -->', 'expected commands after the marker "slow"'),
        ('<!-- not run by tests: `x y` is slow -->\n\n    make x', 'expected commands after the'),
    ],
)
def test_what_a_page_must_not_hold(text, message):
    with pytest.raises(ValueError, match=message):
        read_page(text)
