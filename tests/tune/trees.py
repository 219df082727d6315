"""Trees of kernel files for knobs."""

from __future__ import annotations

from pathlib import Path

CPUFREQ = "sys/devices/system/cpu/cpufreq"


def machine(root: Path, policies: int = 2) -> Path:
    """Write a machine's settings below a root and return it."""
    for number in range(policies):
        folder = root / CPUFREQ / f"policy{number}"
        folder.mkdir(parents=True)
        (folder / "scaling_governor").write_text("schedutil\n")
        (folder / "scaling_max_freq").write_text(f"{3_000_000 + number}\n")
        (folder / "scaling_min_freq").write_text("800000\n")
    for name in ("intel-rapl:0", "intel-rapl:0:0"):
        zone = root / "sys/class/powercap" / name
        zone.mkdir(parents=True)
        (zone / "constraint_0_power_limit_uw").write_text("65000000\n")
    return root


def governors(root: Path) -> list[str]:
    """Return the governor of each policy."""
    return [path.read_text() for path in sorted(root.glob(f"{CPUFREQ}/*/scaling_governor"))]
