"""The programs that the benchmarks run in processes of their own; each prints one JSON object."""

from __future__ import annotations

_TRACKER = (
    "OfflineEmissionsTracker(country_iso_code='USA', measure_power_secs={secs},"
    " log_level='critical', output_methods=[], allow_multiple_runs=True)"
)
_CODECARBON = "from codecarbon import OfflineEmissionsTracker\nt = " + _TRACKER

LOOP = """
import json, os, sys, time
period, seconds, *paths = sys.argv[1:]
period, seconds = float(period), float(seconds)
files = [os.open(path, os.O_RDONLY) for path in paths]
ticks, cpu, began = 0, time.process_time(), time.perf_counter()
due = began
while due - began < seconds:
    left = due - time.perf_counter()
    if left > 0:
        time.sleep(left)
    for file in files:
        os.pread(file, 64, 0)
    ticks += 1
    due = began + ticks * period
spent = time.process_time() - cpu
print(json.dumps({"percent": 100 * spent / (time.perf_counter() - began)}))
"""
"""The least that sampling can cost in Python: sleep, read kept files, forget the answer."""

PSUTIL_LOOP = LOOP.replace("import json", "import psutil, json").replace(
    """    for file in files:
        os.pread(file, 64, 0)
""",
    """    psutil.cpu_percent(None)
    psutil.virtual_memory().used
""",
)

CODECARBON_FIRST = _CODECARBON.format(secs=15) + "\nt.start()\nt.stop()"
CODECARBON_RUNNING = f"""
import json, sys, time
{_CODECARBON.format(secs="float(sys.argv[1])")}
t.start()
time.sleep(1)
cpu, began = time.process_time(), time.perf_counter()
time.sleep(float(sys.argv[2]))
spent = time.process_time() - cpu
print(json.dumps({{"percent": 100 * spent / (time.perf_counter() - began)}}))
t.stop()
"""
CODECARBON_PAIR = f"""
import json, time
{_CODECARBON.format(secs=15)}
for name in ("first", "second"):
    t.start_task(name)
    t.stop_task(name)
cpu = time.process_time()
for number in range(20):
    t.start_task(str(number))
    t.stop_task(str(number))
print(json.dumps({{"us": (time.process_time() - cpu) / 20 * 1e6}}))
"""

_ZEUS = """
from zeus.monitor import ZeusMonitor
m = ZeusMonitor(gpu_indices=[], cpu_indices=[])
"""
ZEUS_FIRST = (
    _ZEUS + "m.begin_window('a', sync_execution=False)\nm.end_window('a', sync_execution=False)"
)
ZEUS_PAIR = f"""
import json, time
{_ZEUS}
cpu = time.process_time()
for _ in range(2000):
    m.begin_window("a", sync_execution=False)
    m.end_window("a", sync_execution=False)
print(json.dumps({{"us": (time.process_time() - cpu) / 2000 * 1e6}}))
"""

PAIR = """
import json, sys, time
import joulemark
store, root = sys.argv[1:]
with joulemark.measure(store=store, meters=[("rapl", {"root": root})], period_s=60):
    for _ in range(200):
        with joulemark.phase("a"):
            pass
    cpu = time.thread_time()
    for _ in range(2000):
        with joulemark.phase("a"):
            pass
    spent = time.thread_time() - cpu
print(json.dumps({"us": spent / 2000 * 1e6}))
"""
READS = """
import json, os, sys, time
files = [os.open(path, os.O_RDONLY) for path in sys.argv[1:]]
cpu = time.thread_time()
for _ in range(4000):
    for file in files:
        os.pread(file, 64, 0)
print(json.dumps({"us": (time.thread_time() - cpu) / 2000 * 1e6}))
"""
"""The reads of both edges of a window and nothing else."""
