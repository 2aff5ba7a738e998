"""Runs ``python -m dsrb_mm``, which is the ``dsrb`` command."""

from dsrb.app import main

main()
