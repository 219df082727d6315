"""What may be added: never a watt twice, and what is lacking is said."""

from __future__ import annotations

from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from joulemark.accounting.boundary import PartEnergy, choose, contains, lacks, split, unread
from joulemark.core.channel import Channel, Domain, Provenance, Quantity
from joulemark.core.energy import Energy

from .build import joules, part

CORE, UNCORE, DRAM = Domain.CORE, Domain.UNCORE, Domain.DRAM
PACKAGE, PSYS, NODE, WALL = Domain.PACKAGE, Domain.PSYS, Domain.NODE, Domain.WALL
GPU, BOARD, RAIL, SWITCH = Domain.GPU, Domain.BOARD, Domain.RAIL, Domain.SWITCH
ESTIMATED = Provenance.ESTIMATED

LAPTOP = (
    part("psys", PSYS),
    part("package-0", PACKAGE, "psys"),
    part("core-0", CORE, "package-0"),
    part("uncore-0", UNCORE, "package-0"),
    part("dram-0", DRAM, "psys"),
)
SERVER = (
    part("package-0", PACKAGE),
    part("package-1", PACKAGE),
    part("core-0", CORE, "package-0"),
    part("core-1", CORE, "package-1"),
    part("dram-0", DRAM),
    part("dram-1", DRAM),
)
GPUS = tuple(part(f"gpu-{i}", GPU) for i in range(8))
METERED = (part("wall", WALL), part("bmc", NODE), *SERVER, *GPUS)
JETSON = (
    part("rail-VDD_IN", BOARD, covers=(PACKAGE, GPU, DRAM)),
    part("rail-VDD_CPU_GPU_CV", RAIL, "rail-VDD_IN"),
    part("rail-VDD_SOC", RAIL, "rail-VDD_IN"),
    part("rail-VIN_SYS_5V0", RAIL, "rail-VDD_IN"),
    part("rail-VDDQ_VDD2_1V8AO", RAIL, "rail-VIN_SYS_5V0"),
)
ASSUMED = part("processor", PACKAGE, provenance=ESTIMATED, covers=(DRAM,))


def with_energy(channels: tuple[Channel, ...]) -> list[tuple[Channel, Energy]]:
    return [(channel, joules(10.0 + i)) for i, channel in enumerate(channels)]


def added(channels: tuple[Channel, ...], known: tuple[Channel, ...] = ()) -> list[str]:
    parts = split(choose(with_energy(channels)), known)
    return sorted(each.channel.part for each in parts if each.added)


@pytest.mark.parametrize(
    ("channels", "names"),
    [
        (LAPTOP, ["psys"]),
        (LAPTOP[1:], ["dram-0", "package-0"]),
        (LAPTOP[2:4], ["core-0", "uncore-0"]),
        (SERVER, ["dram-0", "dram-1", "package-0", "package-1"]),
        ((*SERVER, *GPUS[:2]), ["dram-0", "dram-1", "gpu-0", "gpu-1", "package-0", "package-1"]),
        (GPUS, [f"gpu-{i}" for i in range(8)]),
        (METERED, ["wall"]),
        (METERED[1:], ["bmc"]),
        ((*LAPTOP, GPUS[0]), ["gpu-0", "psys"]),
        (JETSON, ["rail-VDD_IN"]),
        (JETSON[1:], ["rail-VDD_CPU_GPU_CV", "rail-VDD_SOC", "rail-VIN_SYS_5V0"]),
        ((ASSUMED, *GPUS[:2]), ["gpu-0", "gpu-1", "processor"]),
        ((part("wall-0", WALL), part("wall-1", WALL), *SERVER), ["wall-0", "wall-1"]),
        ((), []),
    ],
    ids=lambda case: "+".join(c.part for c in case) if case and case[0] != str(case[0]) else "",
)
def test_what_is_added(channels: tuple[Channel, ...], names: list[str]) -> None:
    assert added(channels) == names


def test_the_order_of_channels_does_not_matter() -> None:
    for channels in permutations(LAPTOP):
        assert added(channels) == ["psys"]
    assert added(tuple(reversed(METERED))) == ["wall"]


def test_a_processor_is_not_inside_the_other_socket() -> None:
    sockets = (SERVER[0], SERVER[3])
    assert added(sockets) == ["core-1", "package-0"]


def test_what_lies_between_two_parts_is_known_though_it_was_not_read() -> None:
    """The 5 V rail failed: what it feeds is still inside the module."""
    read = (JETSON[0], JETSON[1], JETSON[4])
    assert added(read, JETSON) == ["rail-VDD_IN"]
    laptop = (LAPTOP[0], LAPTOP[2])
    assert added(laptop, LAPTOP) == ["psys"]
    assert added(laptop) == ["psys"]


def test_nodes_are_added_up() -> None:
    channels = tuple(part(c.part, c.domain, c.parent, node=n) for n in "ab" for c in METERED)
    assert added(channels) == ["wall", "wall"]
    assert added((part("wall", WALL, node="a"), part("gpu-0", GPU, node="b"))) == ["gpu-0", "wall"]


RACK = part("strip", WALL, node="rack", nodes=("a", "b"))


def test_one_wall_meter_over_several_nodes_contains_the_parts_of_each() -> None:
    nodes = tuple(part(c.part, c.domain, c.parent, node=n) for n in "ab" for c in METERED[2:])
    assert added((RACK, *nodes)) == ["strip"]
    elsewhere = part("gpu-0", GPU, node="c")
    assert added((RACK, *nodes, elsewhere)) == ["gpu-0", "strip"]
    assert lacks([RACK], gpus=True) == ("network", "cooling of the room")
    assert lacks([RACK, elsewhere], gpus=True)[:2] == ("processor", "memory")


def test_the_meter_of_a_rack_contains_the_wall_meter_of_a_node_but_no_other_rack() -> None:
    own = part("wall", WALL, node="a")
    assert added((RACK, own)) == ["strip"]
    assert added((own, RACK)) == ["strip"]
    other = part("strip", WALL, node="rack-2", nodes=("c", "d"))
    assert added((RACK, other)) == ["strip", "strip"]
    assert added((part("wall", WALL, node="a"), part("wall-2", WALL, node="a"))) == [
        "wall",
        "wall-2",
    ]


def test_a_sensor_of_a_rack_stands_for_the_estimate_of_each_node() -> None:
    model = part("wall", WALL, node="b", provenance=ESTIMATED)
    assert [c.part for c, _ in choose(with_energy((RACK, model)))] == ["strip"]


def test_a_card_that_a_node_estimate_leaves_out_is_added() -> None:
    node = part("server", NODE, provenance=ESTIMATED, covers=(PACKAGE, DRAM))
    assert added((node, *GPUS[:1])) == ["gpu-0", "server"]
    everything = part("server", NODE, provenance=ESTIMATED)
    assert added((everything, *GPUS[:1])) == ["server"]


@pytest.mark.parametrize(
    "channels",
    [
        (part("a", RAIL, "a"),),
        (part("a", RAIL, "b"), part("b", RAIL, "a")),
        (part("a", RAIL, "b"), part("b", RAIL, "c"), part("c", RAIL, "a")),
        (part("a", RAIL, "b"), part("b", RAIL, "b")),
        (part("wall", WALL, "node"), part("node", NODE)),
        (part("x", NODE, covers=(BOARD,)), part("y", BOARD, covers=(NODE,))),
    ],
)
def test_parts_in_a_circle_count_once(channels: tuple[Channel, ...]) -> None:
    for order in permutations(channels):
        assert len(added(order)) == 1


@given(st.data())
def test_trees_of_named_parents(data: st.DataObject) -> None:
    """The total is what the leaves inside of any measured part draw, each counted once."""
    count = data.draw(st.integers(1, 12))
    parents = [data.draw(st.none() | st.integers(0, i - 1)) if i else None for i in range(count)]
    own = data.draw(st.lists(st.integers(0, 1000), min_size=count, max_size=count))
    above = [{i} for i in range(count)]
    for i, parent in enumerate(parents):
        above[i] |= above[parent] if parent is not None else set()
    power = [sum(own[k] for k in range(count) if i in above[k]) for i in range(count)]
    known = [
        part(f"p{i}", RAIL, None if parent is None else f"p{parent}")
        for i, parent in enumerate(parents)
    ]
    measured = data.draw(st.lists(st.sampled_from(range(count)), unique=True))
    chosen = choose([(known[i], joules(float(power[i]))) for i in measured])
    total = sum(p.energy.joules.value for p in split(chosen, known) if p.added)
    assert total == sum(own[k] for k in range(count) if above[k] & set(measured))


HOLDS = {
    WALL: {WALL},
    NODE: {NODE, WALL},
    PSYS: {PSYS, NODE, WALL},
    GPU: {GPU, NODE, WALL},
    PACKAGE: {PACKAGE, PSYS, NODE, WALL},
    DRAM: {DRAM, PSYS, NODE, WALL},
    CORE: {CORE, PACKAGE, PSYS, NODE, WALL},
    UNCORE: {UNCORE, PACKAGE, PSYS, NODE, WALL},
}


@given(
    st.lists(st.sampled_from(list(HOLDS)), unique=True), st.lists(st.integers(0, 999), min_size=8)
)
def test_trees_of_kinds(measured: list[Domain], own: list[int]) -> None:
    """The same where no channel names its parent."""
    draws = dict(zip(HOLDS, own[:8], strict=True))
    chosen = [
        (part(kind, kind), joules(float(sum(draws[k] for k in HOLDS if kind in HOLDS[k]))))
        for kind in measured
    ]
    total = sum(p.energy.joules.value for p in split(choose(chosen)) if p.added)
    assert total == sum(draws[k] for k in HOLDS if HOLDS[k] & set(measured))


# one channel for each part


def speaker(*pairs: tuple[Channel, Energy]) -> list[str]:
    found = {tuple(c.name for c, _ in choose(order)) for order in permutations(pairs)}
    assert len(found) == 1, "the order of channels decides"
    return list(found.pop())


COUNTER = part("gpu-0", GPU, name="nvml/energy", quantity=Quantity.ENERGY)
INSTANT = part("gpu-0", GPU, name="nvml/instant", window_s=0.025)
AVERAGE = part("gpu-0", GPU, name="nvml/average", window_s=1.0)
INTERVAL = part("gpu-0", GPU, name="nvml/interval", quantity=Quantity.INTERVAL)
MODEL = part("gpu-0", GPU, name="estimate/gpu", provenance=ESTIMATED)


def test_a_counter_speaks_before_power_and_a_short_window_before_a_long_one() -> None:
    full = joules(10.0)
    everything = [(c, full) for c in (AVERAGE, INSTANT, COUNTER, INTERVAL, MODEL)]
    assert speaker(*everything) == ["nvml/energy"]
    assert speaker(*(p for p in everything if p[0] is not COUNTER)) == ["nvml/interval"]
    assert speaker((AVERAGE, full), (INSTANT, full)) == ["nvml/instant"]


@pytest.mark.parametrize(
    ("of_counter", "of_power", "name"),
    [
        (1.0, 1.0, "nvml/energy"),
        (0.99, 1.0, "nvml/energy"),
        (0.985, 1.0, "nvml/instant"),
        (0.5, 0.9, "nvml/instant"),
        (0.5, 0.4, "nvml/energy"),
        (0.951, 0.954, "nvml/energy"),
    ],
)
def test_a_channel_that_covers_the_window_speaks_before_one_that_does_not(
    of_counter: float, of_power: float, name: str
) -> None:
    pairs = (COUNTER, joules(10.0, of_counter)), (INSTANT, joules(10.0, of_power))
    assert speaker(*pairs) == [name]


def test_equals_are_told_apart_by_name() -> None:
    twin = part("gpu-0", GPU, name="hwmon/energy", quantity=Quantity.ENERGY)
    assert speaker((COUNTER, joules(1.0)), (twin, joules(2.0))) == ["hwmon/energy"]


def test_an_estimate_never_speaks_where_a_sensor_was_read() -> None:
    assert speaker((MODEL, joules(10.0)), (INSTANT, joules(5.0, 0.5))) == ["nvml/instant"]
    assert speaker((MODEL, joules(10.0))) == ["estimate/gpu"]


@pytest.mark.parametrize(
    ("measured", "stays"),
    [
        (part("package-0", PACKAGE), False),
        (part("dram-0", DRAM), False),
        (part("package-0", PACKAGE, node="other"), True),
        (part("gpu-0", GPU), True),
        (part("cpu", PACKAGE, provenance=ESTIMATED), True),
    ],
)
def test_an_estimate_gives_way_to_a_sensor_of_its_kind(measured: Channel, stays: bool) -> None:
    names = speaker((ASSUMED, joules(50.0)), (measured, joules(40.0)))
    assert ("m/processor" in names) is stays
    assert measured.name in names


def test_a_part_is_not_inside_itself() -> None:
    assert not contains(COUNTER, AVERAGE, {})
    assert split([]) == []
    assert split([(COUNTER, joules(1.0))]) == [PartEnergy(COUNTER, joules(1.0), added=True)]


# what is lacking


def lacking(channels: tuple[Channel, ...], *, gpus: bool = True) -> list[str]:
    marked = split(choose(with_energy(channels)))
    return list(lacks([each.channel for each in marked if each.added], gpus=gpus))


COOLING = "cooling of the room"
BOARD_AND_SUPPLY = ["board, disks and fans", "power supply losses"]


@pytest.mark.parametrize(
    ("channels", "gpus", "names"),
    [
        (METERED, True, ["network", COOLING]),
        ((part("wall", WALL, covers=(PACKAGE,)),), False, ["memory", "network", COOLING]),
        (METERED[1:], True, ["power supply losses", "network", COOLING]),
        (LAPTOP, False, [*BOARD_AND_SUPPLY, "network", COOLING]),
        (LAPTOP, True, ["GPU", *BOARD_AND_SUPPLY, "network", COOLING]),
        (SERVER, True, ["GPU", *BOARD_AND_SUPPLY, "network", COOLING]),
        (SERVER[:2], False, ["memory", *BOARD_AND_SUPPLY, "network", COOLING]),
        (GPUS, True, ["processor", "memory", *BOARD_AND_SUPPLY, "network", COOLING]),
        ((ASSUMED, *GPUS), True, [*BOARD_AND_SUPPLY, "network", COOLING]),
        (JETSON, True, [*BOARD_AND_SUPPLY, "network", COOLING]),
        ((*METERED, part("switch", SWITCH, node="tor")), True, [COOLING]),
        ((), False, ["processor", "memory", *BOARD_AND_SUPPLY, "network", COOLING]),
    ],
)
def test_what_a_total_lacks(channels: tuple[Channel, ...], gpus: bool, names: list[str]) -> None:
    assert lacking(channels, gpus=gpus) == names


def test_what_any_node_lacks_is_lacking() -> None:
    wall = part("wall", WALL, node="a")
    gpu = part("gpu-0", GPU, node="b")
    assert lacking((wall, gpu)) == [
        "processor", "memory", *BOARD_AND_SUPPLY, "network", COOLING
    ]  # fmt: skip
    package = part("package-0", PACKAGE, node="b")
    assert lacking((part("package-0", PACKAGE, node="a"), package, gpu)) == [
        "memory", *BOARD_AND_SUPPLY, "network", COOLING
    ]  # fmt: skip


# what has a sensor and was not read


@pytest.mark.parametrize(
    ("read", "known", "names"),
    [
        (METERED, METERED, []),
        (METERED[:1], METERED, []),
        (METERED[1:], METERED, ["wall"]),
        ((*SERVER, *GPUS[1:]), (*SERVER, *GPUS), ["gpu-0"]),
        (LAPTOP[1:], LAPTOP, ["psys"]),
        ((LAPTOP[2],), LAPTOP, ["psys", "package-0", "uncore-0", "dram-0"]),
        ((INSTANT,), (COUNTER, INSTANT), []),
        ((GPUS[1],), (COUNTER, INSTANT, GPUS[1]), ["gpu-0"]),
        (SERVER[:2], (*SERVER[:2], ASSUMED), []),
    ],
)
def test_unread_parts_are_named(
    read: tuple[Channel, ...], known: tuple[Channel, ...], names: list[str]
) -> None:
    assert [channel.part for channel in unread(read, known)] == names
