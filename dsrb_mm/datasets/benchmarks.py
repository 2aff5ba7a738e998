"""Everything that is known about benchmark datasets and the formats the configs read, in one table.

Adding a dataset takes an entry here, a reader in ``readers/`` and a config.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True)
class Benchmark:
    """Facts about one dataset.

    Attributes:
        name: What a reader calls it.
        dataset_type: Class that reads it.
        root_variable: Environment variable that its config reads ``data_root`` from.
        layout: The files expected below ``{root}`` and where they come from.
        num_classes: Number of categories; None: any.
        test_set: Settings of the published test set in a config.
        images: Published number of images by split, ``'train'`` and ``'test'``.
        average_map: Published average mAP in percent over 10 %, 20 %, ..., 90 % known labels, by
            method, all at an input of 448 with a ResNet-101 pretrained on ImageNet.
        source: Where ``average_map`` was published.
    """

    name: str
    dataset_type: str
    root_variable: str
    layout: str
    num_classes: int | None = None
    test_set: Mapping[str, str] = field(default_factory=dict)
    images: Mapping[str, int] = field(default_factory=dict)
    average_map: Mapping[str, float] = field(default_factory=dict)
    source: str = ''

    def published_average(self, method: str) -> float | None:
        """Published average mAP of a method, None where there is none; case is ignored."""
        by_name = {name.lower(): value for name, value in self.average_map.items()}
        return by_name.get(method.lower())


# There DSRB is called SARB*, and curriculum labelling PLCL.
_TABLE_1 = 'Wang et al., ICCV 2023 (SR), Table 1'

BENCHMARKS = (
    Benchmark(
        name='MS-COCO 2014',
        dataset_type='CocoMultiLabel',
        root_variable='COCO_ROOT',
        layout="""Expected layout (MS-COCO 2014):
    {root}/annotations/instances_{{train,val}}2014.json
    {root}/train2014/*.jpg
    {root}/val2014/*.jpg
From: https://cocodataset.org/#download (2014 train and val images, 2014 train/val annotations)""",
        num_classes=80,
        test_set=dict(ann_file='annotations/instances_val2014.json'),
        images=dict(train=82_783, test=40_504),
        average_map=dict(
            DSRB=78.4, SR=81.0, SARB=77.9, HST=77.9, SST=76.7, CSL=76.3, Curriculum=75.5, SPLC=74.9
        ),
        source=_TABLE_1,
    ),
    Benchmark(
        name='Pascal VOC 2007',
        dataset_type='VOC',
        root_variable='VOC_ROOT',
        layout="""Expected layout (Pascal VOC 2007, trainval and test unpacked into one folder):
    {root}/JPEGImages/*.jpg
    {root}/Annotations/*.xml
    {root}/ImageSets/Main/{{trainval,test}}.txt
From: http://host.robots.ox.ac.uk/pascal/VOC/voc2007/
    (VOCtrainval_06-Nov-2007.tar, VOCtest_06-Nov-2007.tar)""",
        num_classes=20,
        test_set=dict(split='test'),
        images=dict(train=5_011, test=4_952),
        average_map=dict(
            DSRB=91.5, SR=93.7, SARB=90.7, HST=90.9, SST=90.4, CSL=91.7, Curriculum=92.4, SPLC=90.4
        ),
        source=_TABLE_1,
    ),
    Benchmark(
        name='VG-200',
        dataset_type='VG200',
        root_variable='VG_ROOT',
        layout="""Expected layout (Visual Genome, VG-200 on the SSGRL split):
    {root}/VG_100K/*.jpg    (both image archives unpacked into one folder)
    {root}/train_list_500.txt, {root}/test_list_500.txt
    {root}/vg_category_200_labels_index.json
From: https://homes.cs.washington.edu/~ranjay/visualgenome/ (images), and the release of SSGRL
    (lists and labels)""",
        num_classes=200,
        test_set=dict(ann_file='test_list_500.txt'),
        images=dict(train=98_249, test=10_000),
        average_map=dict(
            DSRB=46.0, SR=49.2, SARB=45.6, HST=44.8, SST=41.8, CSL=46.0, Curriculum=44.1, SPLC=45.1
        ),
        source=_TABLE_1,
    ),
    Benchmark(
        name='embedded scenes',
        dataset_type='CocoMultiLabel',
        root_variable='SCENES_ROOT',
        layout="""The embedded scenes have the same layout with {{train,val}}/ and
instances_{{train,val}}.json: python -m demo.make_scenes --out data/scenes""",
        num_classes=48,
    ),
    Benchmark(
        name='your CSV',
        dataset_type='CSVMultiLabel',
        root_variable='CSV_ROOT',
        layout="""Expected: a CSV with a header and one row per image: a column with the path of the
image (relative to the image folder), and one column per category that holds 1 (present), 0 (absent)
or nothing (unknown). With the config's own settings:
    {root}/labels.csv, {root}/images/""",
    ),
)


def find_benchmark(dataset_type: str, num_classes: int | None) -> Benchmark | None:
    """The benchmark that a dataset is, by its type and number of categories."""
    for benchmark in BENCHMARKS:
        if (benchmark.dataset_type, benchmark.num_classes) == (dataset_type, num_classes):
            return benchmark
    return None


def find_test_set(config: Mapping) -> Benchmark | None:
    """The benchmark whose published test set the config of a dataset names.

    For comparisons with published results, where nothing has been read yet.
    """
    for benchmark in BENCHMARKS:
        if benchmark.test_set and benchmark.dataset_type == config.get('type'):
            named = {key: Path(str(config.get(key))).name for key in benchmark.test_set}
            if named == {key: Path(value).name for key, value in benchmark.test_set.items()}:
                return benchmark
    return None


def expected_data(dataset_type: str, root: str) -> str | None:
    """What a dataset of a type should look like on disk, for an error message.

    Args:
        dataset_type: Name of the class that reads it.
        root: Its ``data_root``.
    """
    entries = [entry for entry in BENCHMARKS if entry.dataset_type == dataset_type]
    if not entries:
        return None
    layouts = [entry.layout.format(root=root.rstrip('/')) for entry in entries]
    variables = ' or '.join(f'{entry.root_variable} ({entry.name})' for entry in entries)
    advice = (
        f'Elsewhere? Set {variables} in the environment, or data_root, ann_file and data_prefix of '
        'the dataset in the config.'
    )
    return '\n'.join([*layouts, advice])
