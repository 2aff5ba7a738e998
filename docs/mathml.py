"""Sphinx extension: formulas as MathML, which browsers show without scripts or a network."""

from docutils import nodes
from docutils.utils.math.latex2mathml import tex2mathml


def visit_inline(writer, node) -> None:
    """Write a formula of a sentence."""
    writer.body.append(tex2mathml(node.astext()))
    raise nodes.SkipNode


def visit_block(writer, node) -> None:
    """Write a formula of its own line, which scrolls where it is wider than the page."""
    formula = node.astext().strip()
    writer.body.append(f'<div class="math">{tex2mathml(formula, as_block=True)}</div>\n')
    raise nodes.SkipNode


def setup(app) -> dict:
    """Register the renderer."""
    app.add_html_math_renderer('mathml', (visit_inline, None), (visit_block, None))
    app.add_css_file('mathml.css')
    return {'parallel_read_safe': True, 'parallel_write_safe': True}
