"""A virtual Redfish service: a baseboard controller, or a rack power strip, that speaks HTTPS.

``resources`` and ``equipment`` hold what is served, ``service`` who may read it and what goes
wrong, ``server`` the sockets, ``certificate`` who it claims to be. Property names and types are
those of DMTF's schema bundle DSP8010 2025.4; the protocol is DSP0266.
"""
