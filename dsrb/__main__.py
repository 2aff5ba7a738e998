"""Runs ``python -m dsrb``."""

from dsrb.app import main

main()
