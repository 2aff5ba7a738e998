"""Independent references that the tests compare with, and how to wire modules to them."""
