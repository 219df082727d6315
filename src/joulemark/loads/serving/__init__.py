"""Load on a server of generations: when requests come, what they ask, and what latency came of it.

``arrivals`` says when requests are due, ``traces`` reads that from recordings, ``lengths`` draws
lengths, ``prompts`` reads or makes what is asked, ``latency`` turns the records of requests into
figures.
"""
