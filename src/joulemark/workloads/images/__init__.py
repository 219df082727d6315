"""Sets of labelled 32x32 colour images, read or made without torch."""

MOST_IMAGES = 60_000
"""Images of CIFAR-10; other sets are cut to at most this size."""
