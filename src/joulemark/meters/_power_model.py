"""Watts of a processor and of memory that no sensor reads, from what the machine says of itself.

All figures are rules of thumb, and the intervals say so; none is a measurement.

Processor, bare metal, model known
    Power is a straight line from idle to full in the share of time that hardware threads work.
    Full power was 0.47 to 0.93 of the thermal design power on the four machines of CodeCarbon's
    load profiles (2025-01, stress-ng against RAPL); the middle is taken, of the power limit where
    the maker states a higher one. Idle is 0.13 of the TDP, between 0.10 (CodeCarbon's curve) and
    0.16 (0.23 of full power, SPECpower servers of 2022 to 2026). The same profiles miss by 15 to
    93 % with any such line: ±50 %.

Memory, bare metal
    Two families of rules differ by up to ten times on big servers: watts per gigabyte (0.3725 Green
    Algorithms, 0.392 Cloud Carbon Footprint) and watts per module (CodeCarbon 3: 5 W, each further
    one less; 1.5 W on ARM; number of modules guessed from the size). The middle of both is taken,
    and the interval reaches both, ±50 % at least.

Anything else: a virtual machine, a model that is not in the table
    Whole servers in SPECpower_ssj2008 (2022 to 2026, median) draw 2.8 W per hardware thread at
    full load and 0.23 of that when idle; memory, board, fans and power supply are in it. ±80 %.
"""

from __future__ import annotations

from itertools import chain, repeat

from joulemark.core.channel import Accuracy, Domain
from joulemark.core.errors import UnavailableError
from joulemark.core.record import record
from joulemark.core.run import System

TYPE_CHECKING = False
if TYPE_CHECKING:  # the table is only looked into on bare metal
    from joulemark.meters._tdp import Tdp

FULL_OF_LIMIT = 0.70
IDLE_OF_TDP = 0.13
CPU_INTERVAL = 0.50

THREAD_FULL_W = 2.8
THREAD_IDLE_OF_FULL = 0.23
NODE_INTERVAL = 0.80

GB_W = (0.3725, 0.392)
MODULE_W, ARM_MODULE_W, ARM_LEAST_W = 5.0, 1.5, 3.0
MODULE_SHARES = ((4, 1.0), (4, 0.9), (8, 0.8), (16, 0.7))
"""How many modules count with which share of the first one's power; 32 at most."""
LEAST_X86_MODULES = 2
DRAM_LEAST_INTERVAL = 0.50
NOT_SHOWN = 0.90
"""The kernel keeps up to a tenth of small memories for itself."""

PARTS = ("cpu", "dram")


@record(frozen=True, slots=True, kw_only=True)
class Model:
    """A straight line from idle to full power for one part.

    Attributes:
        part: the piece of hardware.
        domain: its kind.
        idle_w: power while no thread works, W.
        full_w: power while all threads work, W.
        accuracy: how far off it may be.
        note: what a reader of the numbers must know.
        covers: domains that are in the figure.
        rated_w: thermal design power or configured limit of the part, W; None if unknown.
    """

    part: str
    domain: Domain
    idle_w: float
    full_w: float
    accuracy: Accuracy
    note: str
    covers: tuple[Domain, ...] = ()
    rated_w: float | None = None


def power_models(system: System, threads: int, parts: tuple[str, ...] = PARTS) -> list[Model]:
    """Return the models for the parts that are asked for.

    Args:
        system: the machine.
        threads: its hardware threads that are online.
        parts: ``cpu``, ``dram`` or both.

    Raises:
        UnavailableError: if there is no model for any of them.
    """
    models = []
    if "cpu" in parts:
        known = None if system.virtual else _known(system.cpu)
        if known is None:
            return [_node(system, threads)]
        models.append(_cpu(system, known))
    if "dram" in parts and system.memory_bytes and not system.virtual:
        models.append(_dram(system))
    if not models:
        why = _virtual(system) if system.virtual else "its size is unknown"
        raise UnavailableError(
            f"no model for memory alone ({why})",
            where="meter estimate",
            remedy="ask for cpu: a server's figure per hardware thread holds its memory",
        )
    return models


def _known(cpu: str) -> Tdp | None:
    from joulemark.meters._tdp import find_tdp

    return find_tdp(cpu)


def _virtual(system: System) -> str:
    return f"virtual machine: {system.virtual}"


def _node(system: System, threads: int) -> Model:
    unknown = f"no TDP is known for {system.cpu or 'this processor'!r}"
    reason = _virtual(system) if system.virtual else unknown
    full = threads * THREAD_FULL_W
    return Model(
        part="node",
        domain=Domain.NODE,
        idle_w=full * THREAD_IDLE_OF_FULL,
        full_w=full,
        covers=(Domain.WALL, Domain.PACKAGE, Domain.DRAM, Domain.BOARD),
        accuracy=Accuracy(model=NODE_INTERVAL, source="SPECpower_ssj2008, servers of 2022 to 2026"),
        note=f"{reason}; {threads} hardware threads of a server at {THREAD_FULL_W} W when all"
        f" work, {THREAD_IDLE_OF_FULL} of that idle; memory, board and power supply are in it",
    )


def _cpu(system: System, known: Tdp) -> Model:
    sockets = system.sockets or 1
    full, idle = FULL_OF_LIMIT * known.limit_w * sockets, IDLE_OF_TDP * known.tdp_w * sockets
    limit = f" (limit {known.limit_w:g} W)" if known.limit_w != known.tdp_w else ""
    return Model(
        part="package",
        domain=Domain.PACKAGE,
        idle_w=idle,
        full_w=full,
        accuracy=Accuracy(model=CPU_INTERVAL, source="TDP models against RAPL, 15 to 93 % off"),
        note=f"{sockets} x {system.cpu}, TDP {known.tdp_w:g} W{limit}: {idle:.3g} W idle,"
        f" {full:.3g} W when all threads work",
        rated_w=known.limit_w * sockets,
    )


def _dram(system: System) -> Model:
    size = installed_gib(system.memory_bytes)
    per_module = module_watts(size, arm=system.machine.startswith(("aarch64", "arm")))
    rules = (size * GB_W[0], size * GB_W[1], per_module)
    low, high = min(rules), max(rules)
    middle = (low + high) / 2
    return Model(
        part="dram",
        domain=Domain.DRAM,
        idle_w=middle,
        full_w=middle,
        accuracy=Accuracy(
            model=max((high - low) / (2 * middle), DRAM_LEAST_INTERVAL),
            source="rules per gigabyte and per module",
        ),
        note=f"{size:g} GiB: {low:.3g} to {high:.3g} W by the rules there are;"
        " the same whether it is used or not",
    )


def installed_gib(shown_bytes: int) -> float:
    """Return installed memory, GiB, from what the kernel shows of it, which is a little less."""
    shown = shown_bytes / 2**30
    size = 0.25
    while size < shown:
        if size * 1.5 >= shown:
            size *= 1.5
            break
        size *= 2
    return size if shown > NOT_SHOWN * size else shown


def module_watts(size_gib: float, *, arm: bool) -> float:
    """Return the power of memory by CodeCarbon's rule per module, W.

    The number of modules is guessed: up to 2 GiB one, 16 two, 64 four, 128 eight; above, modules
    of the largest size that is at most an eighth.
    """
    count = _modules(size_gib)
    if not arm:
        count = max(count, LEAST_X86_MODULES)
    shares = chain.from_iterable(repeat(share, n) for n, share in MODULE_SHARES)
    weight = sum(share for _, share in zip(range(count), shares, strict=False))
    return max(ARM_MODULE_W * weight, ARM_LEAST_W) if arm else MODULE_W * weight


def _modules(size_gib: float) -> int:
    for limit, count in ((2, 1), (16, 2), (64, 4), (128, 8)):
        if size_gib <= limit:
            return count
    module = 16
    while module < 128 and module * 2 <= size_gib / 8:
        module *= 2
    return min(round(size_gib / module), 32)
