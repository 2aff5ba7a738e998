"""A page of yes-or-no questions that needs neither a server nor a network."""

from __future__ import annotations

import base64
import hashlib
import io
import json
import os
from collections.abc import Sequence
from importlib.resources import files
from pathlib import Path

from PIL import Image

from dsrb_mm.annotation.questions import Question, by_image
from dsrb_mm.datasets.image_decoding import decode_image
from dsrb_mm.fileio.atomic import write_atomically

_ASSETS = files('dsrb_mm') / 'assets' / 'review'
_QUALITY = 80


def write_review_page(
    questions: Sequence[Question], image_root: str | Path, out: str | Path, size: int = 512
) -> None:
    """Write one HTML file with its images, questions and keys; it saves the answers as a CSV.

    The answers have a column ``path`` and one per category (1 yes, 0 no, nothing unknown):
    :func:`dsrb_mm.datasets.import_labels` reads them. They are kept in the browser until they are
    saved. Names are data in the page: its policy lets no script run but its own.

    Args:
        questions: What to ask, in this order.
        image_root: Folder that the paths of images are relative to.
        out: HTML file to write; its folder is created if missing.
        size: Longest side of the images in the page.

    Raises:
        UnreadableImageError: An image cannot be decoded.

    Example:
        >>> questions = read_questions('annotate_next.csv', 'data/csv/images', limit=200)
        >>> write_review_page(questions, 'data/csv/images', 'review.html')
    """
    paths = list(by_image(questions))
    categories = list(dict.fromkeys(question.category for question in questions))
    rows, columns = ({name: at for at, name in enumerate(names)} for names in (paths, categories))
    data = {
        'paths': paths,
        'images': [_thumbnail(os.path.join(image_root, path), size) for path in paths],
        'categories': categories,
        'questions': [[rows[q.path], columns[q.category]] for q in questions],
    }
    asked = [data['paths'], categories, data['questions']]
    data['id'] = hashlib.sha256(json.dumps(asked).encode()).hexdigest()[:16]
    script, style = (_asset(name) for name in ('review.js', 'review.css'))
    page = _asset('review.html')
    # Hashes in place of 'unsafe-inline': no script and no style but these two.
    for name, text in (('SCRIPT', script), ('STYLE', style)):
        page = page.replace(f'{{{{{name}_HASH}}}}', _hash(text)).replace(f'{{{{{name}}}}}', text)
    # Last, so that nothing in the data is taken for a placeholder.
    page = page.replace('{{DATA}}', _embeddable(data))
    out = Path(out)
    out.parent.mkdir(parents=True, exist_ok=True)
    # A lone surrogate in a file name cannot be UTF-8; json.dumps has escaped it.
    write_atomically(out, page.encode())


def _asset(name: str) -> str:
    return (_ASSETS / name).read_text(encoding='utf-8')


def _hash(text: str) -> str:
    return 'sha256-' + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()


def _embeddable(data: dict) -> str:
    """JSON that cannot end the element it stands in."""
    text = json.dumps(data)  # ASCII
    for character in '<>&':
        text = text.replace(character, f'\\u{ord(character):04x}')
    return text


def _thumbnail(path: str, size: int) -> str:
    """An image as an address that holds it."""
    pixels = decode_image(Path(path).read_bytes(), path)
    image = Image.fromarray(pixels[..., ::-1])
    image.thumbnail((size, size))
    file = io.BytesIO()
    image.save(file, 'JPEG', quality=_QUALITY)
    return 'data:image/jpeg;base64,' + base64.b64encode(file.getvalue()).decode()
