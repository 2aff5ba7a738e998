from matplotlib.figure import Figure
from PIL import Image

from dsrb_mm.visualization.figures import save_figure


def test_texts_are_shown_as_they_are(tmp_path):
    figure = Figure(figsize=(2, 1), layout='constrained')
    axis = figure.subplots()
    axis.set_title('$\\frac$ 5 $')
    axis.plot([1], label='$x_')
    axis.set_xticks([0], ['$a'])
    axis.legend()
    path = tmp_path / 'new/a.png'
    save_figure(figure, path, dpi=50)
    with Image.open(path) as image:
        assert image.size == (100, 50)
    assert [file.name for file in path.parent.iterdir()] == ['a.png']
