"""A virtual baseboard controller that speaks IPMI 2.0 over UDP, with power readings of DCMI 1.5.

:mod:`frames` takes packets apart and puts them together, :mod:`ciphers` seals them,
:mod:`handshake` lets a console in (RAKP), :mod:`session` remembers it, :mod:`commands` answers,
:mod:`machine` is all of them without a socket, :mod:`server` gives it one.

IPMI: Intelligent Platform Management Interface Specification, second generation, v2.0, revision
1.1; the numbers of its sections and tables are cited. DCMI: Data Center Manageability Interface
Specification v1.5, revision 1.0. Written from the documents; it shares no code with the meter that
reads it.
"""
