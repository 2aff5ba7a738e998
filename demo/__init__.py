"""The demo: composed scenes, a small pretrained backbone, and a comparison of methods on them."""
