"""A small language model with random weights, made on this machine: nothing is downloaded.

``shape`` says how large it is, ``bpe`` makes its tokenizer, ``weights`` its numbers, ``gguf`` and
``hugging`` write both as servers read them. ``python -m joulemark.workloads.random_model`` does it.

Such a model costs what a trained one of its shape costs, and says nothing of use. It never ends an
answer by itself, and says printable ASCII only, so that every answer is as long as it may be and
every token is one piece of text.
"""
