"""A scripted server in OpenAI's protocol: it computes nothing, and its times and counts are known.

``script`` says how long an answer is and when its tokens come, ``wrongs`` what can be wrong,
``engine`` keeps the times, ``wire`` writes the protocol, ``server`` holds the sockets and
``instrument`` the settings of ``joulemark virtual serving``.
"""
