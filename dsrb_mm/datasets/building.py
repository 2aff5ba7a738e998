"""Building of datasets and masks from configs, with errors that say what is wrong with the data."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from difflib import get_close_matches
from typing import Any

from mmengine.registry import DefaultScope, Registry
from mmpretrain.registry import DATASETS

from dsrb_mm.datasets.benchmarks import expected_data
from dsrb_mm.datasets.masks import KnownProportion, LabelMask
from dsrb_mm.datasets.readers.voc_files import broken_voc_file, check_voc_names
from dsrb_mm.datasets.wrappers import innermost_configs, innermost_datasets
from dsrb_mm.registry import MASKS

_FEW = 10  # registered types
# What a dataset of MMPretrain lets through from libraries when a file or an option is wrong.
_LIBRARY_ERRORS = (
    AssertionError,
    AttributeError,
    LookupError,
    OverflowError,
    RuntimeError,
    SyntaxError,
)


def build_mask(known: Any, known_proportion: float | None = None) -> LabelMask | None:
    """Build the mask that the arguments of ``PartialLabelDataset`` describe.

    Args:
        known: A mask, its config, or None.
        known_proportion: The short form of a ``KnownProportion``.

    Raises:
        ValueError: Both are given, the mask is not registered, or one of its arguments is wrong.
        TypeError: ``known`` is something else.
    """
    if known_proportion is not None:
        if known is not None:
            raise ValueError(
                'expected known or its short form known_proportion, but got both: '
                f'{known!r} and {known_proportion!r}'
            )
        return KnownProportion(known_proportion)
    if isinstance(known, dict):
        _check_type('known', known.get('type'), MASKS)
        known = MASKS.build(known)
    if known is not None and not isinstance(known, LabelMask):
        raise TypeError(f'expected known to be a LabelMask or its config, but got {known!r}')
    return known


def build_dataset(dataset: Any) -> Any:
    """Build a dataset from its config; a dataset is returned as it is.

    Raises:
        ValueError: Types that are not registered, or data that cannot be read.
        FileNotFoundError: Missing data, with the expected layout and its source.
        TypeError: Neither a config nor a dataset.
    """
    if isinstance(dataset, dict):
        for config in innermost_configs(dataset):
            _check_type('dataset', config.get('type'), DATASETS)
            check_voc_names(config)
        _check_type('dataset', dataset.get('type'), DATASETS)
        # MMEngine's wrappers build what is inside them in the default scope.
        scope = None if DefaultScope.get_current_instance() else 'mmpretrain'
        with DefaultScope.overwrite_default_scope(scope), explain_errors(dataset):
            return DATASETS.build(dataset)
    if not all(hasattr(part, 'get_data_info') for part in innermost_datasets(dataset)):
        raise TypeError(f'expected dataset to be a config or a dataset, but got {type(dataset)}')
    return dataset


def _check_type(argument: str, kind: Any, registry: Registry) -> None:
    """Check the type of a config; the registry fails in several ways."""
    if not isinstance(kind, (str, type)):
        raise TypeError(f'expected {argument} to be a config with a type, but got type {kind!r}')
    try:
        registered = isinstance(kind, type) or registry.get(kind) is not None
    except Exception:
        registered = False
    if not registered:
        names = sorted(registry.module_dict)
        # All of few, and those of many that the user may have meant.
        meant = names if len(names) <= _FEW else get_close_matches(str(kind), names)
        such = f' such as {", ".join(meant)}' if meant else ''
        raise ValueError(
            f'expected type of {argument} to be a registered one{such}, but got {kind!r}'
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
    configs = innermost_configs(config)
    try:
        yield
    except FileNotFoundError as error:
        culprit = _named_in(str(error), configs)
        expected = expected_data(_type_name(culprit), str(culprit.get('data_root') or '.'))
        if expected is None:
            raise
        raise FileNotFoundError(
            f'data of {_type_name(culprit)} not found: {error}\n{expected}'
        ) from error
    except (*_LIBRARY_ERRORS, ValueError, TypeError) as error:
        broken = [file for item in configs if (file := _broken_file(item))]
        if not broken and not isinstance(error, (*_LIBRARY_ERRORS, UnicodeError)):
            raise
        culprit = _named_in(str(error), configs)
        where = f' ({broken[0]})' if broken else ''
        raise ValueError(
            f'data of {_type_name(culprit)} in {culprit.get("data_root")!r} cannot be read{where}: '
            f'{type(error).__name__}: {error}'
        ) from error


def _named_in(message: str, configs: list[Any]) -> Any:
    """The dataset whose folder an error names, else the first."""
    roots = [str(config.get('data_root') or '') for config in configs]
    named = [config for config, root in zip(configs, roots, strict=True) if root in message]
    return (named or configs)[0]


def _broken_file(config: Mapping) -> str | None:
    return broken_voc_file(config) if _type_name(config) == 'VOC' else None


def _type_name(config: Mapping) -> str:
    return str(config.get('type')).rsplit('.', 1)[-1]
