"""Hostile and unusual image files."""

import io
import struct
import zlib

import numpy as np
import pytest
from mmcv.image import imfrombytes
from PIL import Image

from dsrb_mm.datasets.image_decoding import (
    UnreadableImageError,
    convert_image,
    decode_image,
)

RNG = np.random.default_rng(0)
PIXELS = np.kron(RNG.integers(0, 255, (6, 8, 3)), np.ones((8, 8, 1))).astype(np.uint8)
FORMATS = ['JPEG', 'PNG', 'WEBP', 'BMP', 'TIFF', 'GIF', 'PPM']


def encode(image, kind='PNG', **options):
    image = Image.fromarray(image) if isinstance(image, np.ndarray) else image
    file = io.BytesIO()
    image.save(file, kind, **options)
    return file.getvalue()


def png_header(width, height):
    """A PNG that promises many pixels and has none."""
    chunks = b''
    for kind, data in (
        (b'IHDR', struct.pack('>IIBBBBB', width, height, 8, 2, 0, 0, 0)),
        (b'IDAT', zlib.compress(bytes(1000))),
        (b'IEND', b''),
    ):
        chunks += struct.pack('>I', len(data)) + kind + data
        chunks += struct.pack('>I', zlib.crc32(kind + data))
    return b'\x89PNG\r\n\x1a\n' + chunks


@pytest.mark.parametrize(
    ('kind', 'options'),
    [('JPEG', {}), ('JPEG', dict(progressive=True)), ('PNG', {}), ('BMP', {}), ('TIFF', {})],
)
def test_pixels_are_those_of_opencv(kind, options):
    content = encode(PIXELS, kind, **options)
    found = decode_image(content, 'a')
    assert found.dtype == np.uint8 and found.flags.c_contiguous
    np.testing.assert_array_equal(found, imfrombytes(content))


@pytest.mark.parametrize('kind', FORMATS)
def test_truncated_files_are_an_error_at_every_cut(kind):
    content = encode(PIXELS, kind)
    for kept in (0, 1, 10, len(content) // 4, len(content) // 2, len(content) * 9 // 10):
        with pytest.raises(UnreadableImageError, match='expected x/y.jpg to be a readable'):
            decode_image(content[:kept], 'x/y.jpg')


@pytest.mark.parametrize(
    'content',
    [b'', b'text', b'\x89PNG\r\n\x1a\n', b'<svg/>', b'%!PS-Adobe-3.0 EPSF-3.0\n', bytes(99)],
)
def test_what_is_no_image_is_an_error(content):
    with pytest.raises(UnreadableImageError, match='a.png'):
        decode_image(content, 'a.png')


def test_decompression_bombs_are_refused_from_their_header():
    for size in ((20_000, 20_000), (2**31 - 1, 2**31 - 1)):
        with pytest.raises(UnreadableImageError, match='pixels'):
            decode_image(png_header(*size), 'bomb.png')
    with pytest.raises(UnreadableImageError, match='64 x 48 pixels, more than max_pixels = 3,071'):
        decode_image(encode(PIXELS), 'a', max_pixels=3071)
    assert decode_image(encode(PIXELS), 'a', max_pixels=3072).shape == PIXELS.shape


@pytest.mark.parametrize('limit', [None, 10_000])
def test_our_limit_is_the_only_one(limit, monkeypatch):
    monkeypatch.setattr(Image, 'MAX_IMAGE_PIXELS', 100)  # Pillow refuses from 200 on
    assert decode_image(encode(PIXELS), 'a', max_pixels=limit).shape == PIXELS.shape
    assert Image.MAX_IMAGE_PIXELS == 100


@pytest.mark.parametrize('kind', FORMATS)
def test_the_content_decides_on_the_format(kind):
    assert decode_image(encode(PIXELS, kind), 'wrong.txt').shape == PIXELS.shape


def test_exif_orientation_is_applied_as_opencv_does():
    for orientation in range(1, 9):
        exif = Image.Exif()
        exif[0x0112] = orientation
        content = encode(PIXELS, 'JPEG', exif=exif)
        found = decode_image(content, 'a')
        assert found.shape[:2] == ((48, 64) if orientation < 5 else (64, 48))
        np.testing.assert_array_equal(found, imfrombytes(content))


def test_damaged_exif_does_not_cost_the_image():
    content = encode(PIXELS, 'JPEG')
    segment = b'Exif\0\0II*\0\xff\xff\xff\xff'
    broken = content[:2] + b'\xff\xe1' + struct.pack('>H', len(segment) + 2) + segment + content[2:]
    np.testing.assert_array_equal(decode_image(broken, 'a'), decode_image(content, 'a'))


def test_grey_palette_and_one_bit():
    grey = PIXELS[..., 0]
    np.testing.assert_array_equal(decode_image(encode(grey), 'a'), np.stack([grey] * 3, -1))
    palette = Image.fromarray(PIXELS).quantize(16)
    expected = np.asarray(palette.convert('RGB'))[..., ::-1]
    for options in ({}, dict(transparency=3), dict(transparency=bytes(range(16)))):
        np.testing.assert_array_equal(decode_image(encode(palette, **options), 'a'), expected)
    bits = Image.fromarray(grey > 100)
    np.testing.assert_array_equal(decode_image(encode(bits), 'a')[..., 1], (grey > 100) * 255)


def test_sixteen_bits_become_the_upper_eight():
    wide = RNG.integers(0, 2**16, (5, 7)).astype(np.uint16)
    # Pillow 10.0 reads this PPM, but does not write it.
    portable = b'P5 7 5 65535\n' + wide.astype('>u2').tobytes()
    for content in (encode(wide, 'PNG'), encode(wide, 'TIFF'), portable):
        found = decode_image(content, 'a')
        np.testing.assert_array_equal(found, np.stack([wide >> 8] * 3, -1))


def test_pixels_of_unknown_range_are_refused():
    with pytest.raises(UnreadableImageError, match='floating-point'):
        decode_image(encode(np.ones((4, 4), np.float32), 'TIFF'), 'a')
    with pytest.raises(UnreadableImageError, match='more than 16 bits'):
        decode_image(encode(np.full((4, 4), 2**20, np.int32), 'TIFF'), 'a')


@pytest.mark.parametrize(('dtype', 'factor'), [(np.uint16, 256), (np.int32, 256), (np.int32, 1)])
def test_wide_pixels_keep_their_brightness(dtype, factor):
    values = np.arange(16, dtype=dtype).reshape(4, 4) * 16
    found = decode_image(encode((values * factor).astype(dtype), 'TIFF'), 'a')
    assert (found[..., 0] == values).all()


def test_alpha_is_dropped():
    alpha = RNG.integers(0, 255, PIXELS.shape[:2])[..., None].astype(np.uint8)
    content = encode(np.concatenate([PIXELS, alpha], -1))
    np.testing.assert_array_equal(decode_image(content, 'a'), PIXELS[..., ::-1])
    np.testing.assert_array_equal(decode_image(content, 'a'), imfrombytes(content))
    content = encode(np.concatenate([PIXELS[..., :1], alpha], -1))
    np.testing.assert_array_equal(decode_image(content, 'a')[..., 0], PIXELS[..., 0])


def test_cmyk_is_close_to_the_colours_it_was_made_of():
    for kind in ('JPEG', 'TIFF'):
        content = encode(Image.fromarray(PIXELS).convert('CMYK'), kind)
        difference = decode_image(content, 'a').astype(int) - PIXELS[..., ::-1]
        assert np.abs(difference).mean() < 10


@pytest.mark.parametrize('kind', ['GIF', 'WEBP', 'PNG', 'TIFF'])
def test_first_frame_of_an_animation(kind):
    frames = [Image.fromarray(np.full((8, 8, 3), value, np.uint8)) for value in (200, 90, 10)]
    options = dict(lossless=True) if kind == 'WEBP' else {}
    content = encode(frames[0], kind, save_all=True, append_images=frames[1:], **options)
    assert (decode_image(content, 'a') == 200).all()


@pytest.mark.parametrize(
    'mode',
    [
        *('1', 'L', 'P', 'RGB', 'RGBA', 'RGBX', 'RGBa', 'CMYK', 'YCbCr', 'HSV', 'LAB'),
        *('LA', 'La', 'PA', 'I', 'I;16', 'I;16B'),
    ],
)
def test_images_of_pillow_in_every_mode(mode):
    found = convert_image(Image.new(mode, (4, 3)), 'input 0')
    assert found.shape == (3, 4, 3) and found.dtype == np.uint8 and found.flags.c_contiguous


@pytest.mark.parametrize('orientation', [1, 3, 6])
def test_images_of_pillow_are_those_of_their_files(orientation):
    exif = Image.Exif()
    exif[0x0112] = orientation
    for image in (Image.fromarray(PIXELS), Image.fromarray(PIXELS).convert('CMYK')):
        content = encode(image, 'JPEG', exif=exif)
        opened = Image.open(io.BytesIO(content))
        np.testing.assert_array_equal(convert_image(opened, 'a'), decode_image(content, 'b'))


def test_images_of_pillow_that_are_refused():
    for image, text in (
        (Image.new('F', (4, 3)), 'floating-point'),
        (Image.new('RGB', (0, 3)), '0 x 3 pixels'),
        (Image.open(io.BytesIO(encode(PIXELS, 'JPEG')[:-99])), 'truncated'),
    ):
        with pytest.raises(UnreadableImageError, match=f'input 2 .*{text}'):
            convert_image(image, 'input 2')
