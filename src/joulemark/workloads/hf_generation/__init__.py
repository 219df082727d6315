"""Generation in this process: Hugging Face's continuous batching, driven like a server.

``driver.make`` is the way in. torch and transformers are imported when a model is loaded, never by
importing a module of this package.
"""
