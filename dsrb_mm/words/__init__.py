"""Class names and word vectors: shipped lists, files, and how vectors are made."""

from .word_vectors import load_class_names, load_word_vectors

__all__ = ['load_class_names', 'load_word_vectors']
