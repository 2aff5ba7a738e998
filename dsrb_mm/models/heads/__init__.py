"""Heads: from features of categories to labels."""

from .dsrb_head import DSRBHead

__all__ = ['DSRBHead']
