"""Questions asked of several results at once: do they differ, do their intervals hold?

Pure functions of results; nothing here reads a clock.
"""
