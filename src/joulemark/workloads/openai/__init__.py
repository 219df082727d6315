"""A client of servers that speak OpenAI's protocol: many streams, times of every read.

``http`` and ``events`` take apart what a server sends, in any pieces; ``answer`` makes one answer
of it; ``connection`` is one connection, ``pool`` all of them; ``target`` says whom to ask and how;
``client`` sends what is due and keeps what comes; ``lag`` is what the client did wrong itself;
``findings`` what the server did; ``workers`` spreads a load over processes.
"""
