"""Files that users bring, and files that this package writes."""
