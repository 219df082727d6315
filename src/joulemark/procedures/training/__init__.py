"""Energy of distributed training: an agent on each node, one process that gathers them."""
