"""The site of docs/, built by Sphinx: `make docs`."""

import sys
from pathlib import Path

from dsrb_mm.version import __version__

sys.path.append(str(Path(__file__).parent))  # mathml

project = 'dsrb_mm'
author = 'the dsrb_mm authors'
copyright = f'2026, {author}'
release = __version__

extensions = [
    'myst_parser',
    'sphinx.ext.autodoc',
    'sphinx.ext.napoleon',
    'mathml',
]
html_theme = 'furo'
html_static_path = ['static']
html_css_files = ['narrow_screens.css']
html_title = f'dsrb_mm {release}'

# Formulas as GitHub shows them, and sizes of pictures; links to a heading by its text.
myst_enable_extensions = ['attrs_inline', 'dollarmath']
myst_heading_anchors = 3

autodoc_member_order = 'bysource'
autodoc_typehints = 'signature'
autodoc_default_options = {'members': True, 'show-inheritance': True}
autodoc_preserve_defaults = True
napoleon_custom_sections = [('Shape', 'notes_style')]
napoleon_use_rtype = False


def skip_tuple_field(app, what, name, member, skip, options) -> bool | None:
    """Leave out "Alias for field number 0": the class's docstring describes its fields."""
    return True if type(member).__name__ == '_tuplegetter' else None


def setup(app) -> None:
    """Connect the handler above."""
    app.connect('autodoc-skip-member', skip_tuple_field)
