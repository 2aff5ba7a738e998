import csv

import numpy as np
import pytest
from helpers.data import write_images

# Names that a page must show and not obey.
HOSTILE = (
    '<script>document.title = "hacked"</script>',
    '</script><script>document.title = "hacked"</script>',
    '<img src=x onerror=\'document.title = "hacked"\'>',
    '{{DATA}} {{SCRIPT}} "quoted", \'a\' & \\ \u2028 line',
    '\u05e9\u05dc\u05d5\u05dd \u202e reversed',
    'long ' * 2000 + 'name',
    '=HYPERLINK("http://x")',
)


@pytest.fixture(scope='package')
def hostile(tmp_path_factory):
    """A ranking of hostile category and file names, and the folder of its images."""
    root = tmp_path_factory.mktemp('annotation')
    names = ['<b onclick=x>.png', 'a "quoted", name.png', '\u05d0\u202e.png']
    write_images(root / 'images', names, np.eye(3, dtype=int))
    with (root / 'rank.csv').open('w', newline='', encoding='utf-8') as file:
        writer = csv.writer(file)
        writer.writerow(['path', 'category', 'score', 'uncertainty'])
        for number, category in enumerate(HOSTILE):
            for image in (number % 3, (number + 1) % 3):
                writer.writerow([names[image], category, number / 10, 1])
    return root
