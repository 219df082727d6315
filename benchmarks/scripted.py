"""The scripted server of generations in a process of its own, for the benchmarks that load one."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from measuring import environment

SERVER = """
import json, sys
from joulemark.virtual.serving.instrument import Serving
served = Serving(**json.loads(sys.argv[1])).start()
print(served.server.url, flush=True)
sys.stdin.read()
served.close()
"""


@contextmanager
def scripted(settings: Mapping[str, float]) -> Iterator[str]:
    """Run a server that notes its times; give its address.

    Args:
        settings: of :class:`joulemark.virtual.serving.instrument.Serving`.
    """
    process = subprocess.Popen(
        [sys.executable, "-c", SERVER, json.dumps({**settings, "times": True})],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    )
    with process:
        assert process.stdout is not None
        assert process.stdin is not None
        yield process.stdout.readline().strip()
        process.stdin.close()
