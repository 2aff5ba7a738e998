"""What each dataset looks like on disk and where it comes from, for error messages."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from dsrb_mm.datasets.readers.voc_files import broken_voc_file

_LAYOUTS = {
    'VOC': """Expected layout (Pascal VOC 2007, trainval and test unpacked into one folder):
    {root}/JPEGImages/*.jpg
    {root}/Annotations/*.xml
    {root}/ImageSets/Main/{{trainval,test}}.txt
From: http://host.robots.ox.ac.uk/pascal/VOC/voc2007/
    (VOCtrainval_06-Nov-2007.tar, VOCtest_06-Nov-2007.tar)""",
    'CocoMultiLabel': """Expected layout (MS-COCO 2014):
    {root}/annotations/instances_{{train,val}}2014.json
    {root}/train2014/*.jpg
    {root}/val2014/*.jpg
From: https://cocodataset.org/#download (2014 train and val images, 2014 train/val annotations)
The embedded scenes have the same layout with {{train,val}}/ and instances_{{train,val}}.json:
    python -m demo.make_scenes --out data/scenes""",
    'VG200': """Expected layout (Visual Genome, VG-200 on the SSGRL split):
    {root}/VG_100K/*.jpg    (both image archives unpacked into one folder)
    {root}/train_list_500.txt, {root}/test_list_500.txt
    {root}/vg_category_200_labels_index.json
From: https://homes.cs.washington.edu/~ranjay/visualgenome/ (images), and the release of SSGRL
    (lists and labels)""",
    'CSVMultiLabel': """Expected: a CSV with a header, one row an image: a column with the path of
the image (relative to the image folder), and one column a category holding 1 (present), 0 (absent)
or nothing (unknown). With the config's own settings:
    {root}/labels.csv, {root}/images/""",
}


# Environment variables that the configs read for data_root.
_ROOTS = {
    'VOC': 'VOC_ROOT',
    'CocoMultiLabel': 'COCO_ROOT (the scenes: SCENES_ROOT)',
    'VG200': 'VG_ROOT',
    'CSVMultiLabel': 'CSV_ROOT',
}
# What a dataset of MMPretrain lets through from libraries when a file or an option is wrong.
_LIBRARY_ERRORS = (
    AssertionError,
    AttributeError,
    LookupError,
    OverflowError,
    RuntimeError,
    SyntaxError,
)


@contextmanager
def explain_errors(config: Mapping) -> Iterator[None]:
    """Say of a dataset's errors what they mean: missing files, and those that cannot be read.

    Args:
        config: Config of the dataset being built.

    Raises:
        FileNotFoundError: With the file, the layout and where the data comes from.
        ValueError: For an error from inside a library, with the file where it can be found.
    """
    name = str(config.get('type')).rsplit('.', 1)[-1]
    try:
        yield
    except FileNotFoundError as error:
        layout = _LAYOUTS.get(name)
        if layout is None:
            raise
        root = str(config.get('data_root') or '.').rstrip('/')
        raise FileNotFoundError(
            f'data of {name} not found: {error}\n{layout.format(root=root)}\n'
            f'Elsewhere? Set {_ROOTS[name]} in the environment, or data_root, ann_file and '
            'data_prefix of the dataset in the config.'
        ) from error
    except (*_LIBRARY_ERRORS, ValueError, TypeError) as error:
        culprit = broken_voc_file(config) if name == 'VOC' else None
        if culprit is None and not isinstance(error, (*_LIBRARY_ERRORS, UnicodeError)):
            raise
        where = f' ({culprit})' if culprit else ''
        raise ValueError(
            f'data of {name} in {config.get("data_root")!r} cannot be read{where}: '
            f'{type(error).__name__}: {error}'
        ) from error
