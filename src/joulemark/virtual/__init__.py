"""Virtual machines whose true energy is known: what the product's intervals are held against.

Truth (:mod:`truth`, :mod:`shapes`) and hardware (:mod:`hardware`) are made here from formulas of
their own and share no code with accounting. Between the hardware and the result everything is the
product: the real meters, the real sampling loop in virtual time, the real accounting.
"""
