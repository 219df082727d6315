"""Serving of generated text: a load, a server or engine, windows, figures."""
