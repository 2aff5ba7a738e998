from .dependencies import check_dependencies
from .word_vectors import load_class_names, load_word_vectors

__all__ = ['check_dependencies', 'load_class_names', 'load_word_vectors']
