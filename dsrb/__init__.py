"""The ``dsrb`` command: its arguments alone.

A package of its own because ``import dsrb_mm`` loads PyTorch and MMPretrain, which takes seconds:
``dsrb --help`` and wrong arguments are answered without them.
"""
