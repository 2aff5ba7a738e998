"""Make the word vectors of a class list.

Examples:
    python tools/word_vectors.py --classes dsrb_mm::coco --phrases dsrb_mm::coco \
        --encoder minilm --out coco_minilm.npy
    python tools/word_vectors.py --classes my_classes.txt --glove glove.6B.300d.txt --out my.npy
"""

from __future__ import annotations

import argparse
from pathlib import Path

import numpy as np


def parse_args(argv: list[str] | None = None) -> argparse.Namespace:
    """Parse the command line."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument(
        '--classes', required=True, help='text file, one name a line, or dsrb_mm::NAME'
    )
    parser.add_argument('--out', required=True, type=Path, help='.npy file to write')
    parser.add_argument(
        '--phrases', help='text file of lines "name: phrase" for ambiguous names, or dsrb_mm::NAME'
    )
    source = parser.add_mutually_exclusive_group(required=True)
    source.add_argument('--glove', help='text file of GloVe vectors, such as glove.6B.300d.txt')
    source.add_argument('--encoder', choices=['minilm'], help='sentence encoder')
    parser.add_argument(
        '--allow-missing', action='store_true', help='go on if GloVe lacks words of the names'
    )
    args = parser.parse_args(argv)
    if args.out.suffix != '.npy':
        parser.error(f'expected --out to end in .npy, but got {args.out}')
    return args


def main(argv: list[str] | None = None) -> None:
    """Run the command line."""
    args = parse_args(argv)
    from dsrb_mm.cli.errors import clear_errors

    with clear_errors(ValueError):
        make_vectors(args)


def make_vectors(args: argparse.Namespace) -> None:
    """Make, write and show the vectors of a command line."""
    from dsrb_mm.cli.outputs import protect_inputs
    from dsrb_mm.fileio.atomic import open_atomically
    from dsrb_mm.words.semantic_encoder import (
        average_glove,
        encode_minilm,
        load_phrases,
        nearest_names,
    )
    from dsrb_mm.words.word_vectors import load_class_names, names_beside

    outputs = [args.out, names_beside(args.out)]
    protect_inputs(None, outputs, inputs=[args.classes, args.phrases, args.glove])
    names = load_class_names(args.classes)
    phrases = load_phrases(args.phrases) if args.phrases else None
    if args.glove:
        vectors = average_glove(names, args.glove, phrases, args.allow_missing)
    else:
        vectors = encode_minilm(names, phrases)
    args.out.parent.mkdir(parents=True, exist_ok=True)
    with open_atomically(args.out, 'wb') as file:
        np.save(file, vectors)
    with open_atomically(names_beside(args.out)) as file:
        file.writelines(f'{name}\n' for name in names)
    for name, neighbours in nearest_names(names, vectors).items():
        print(f'{name:20}', ', '.join(f'{other} {cosine:.2f}' for other, cosine in neighbours))
    print(f'{args.out}: {vectors.shape[0]} categories, width {vectors.shape[1]}')


if __name__ == '__main__':
    main()
