"""What a virtual board does: the reference firmware of MLPerf Tiny, in known powers and times.

It answers as ``benchmark/api/internally_implemented.cpp`` of mlcommons/tiny (1afd2c9) does. Every
method is a generator that yields how long the state it has set lasts, s.
"""

from __future__ import annotations

import random
from collections.abc import Iterator

from joulemark.core.clock import NS
from joulemark.virtual._boards import NETWORKS, Kind, Stretch
from joulemark.virtual.rail import Rail
from joulemark.workloads.tiny.dut import VIRTUAL_NAME

LAYERS = ((0.4, 1.25), (0.4, 0.9), (0.2, 0.7))
"""Parts of an inference: share of its time, power over its mean."""
PROFILE = "ULPMark for tinyML Firmware V0.0.1"
CLASSES = {"ad01": 1, "ic01": 10, "ic02": 10, "kws01": 12, "vww01": 2}
LARGEST = 96 * 96 * 3
BITS = 10
"""Of a byte on the line, with start and stop."""
PULSE_S = 2e-6
BOUNCE_S = 3e-3
SCATTER = 5e-4
FIRST, LATE = 3, 5
"""Which ``infer`` is the first measured one of a session, and after which faults come."""
FOREVER_S = 1e9


def answer_of(model: str, data: bytes | bytearray) -> list[float]:
    """Return what a virtual board answers: a vector that depends on the input alone."""
    count, key = CLASSES[model], sum(data)
    if count == 1:
        return [key % 1000 / 1000]
    return [0.9 if place == key % count else 0.0 for place in range(count)]


class Firmware:
    """What runs on a board.

    Args:
        rail: what feeds it and holds its pin.
        kind: what it is like.
        fault: a name of :data:`joulemark.virtual.board.FAULTS`, or nothing.
        seed: of the small scatter of its power.

    Attributes:
        heard: what came over the line.
        said: what goes over it.
        idle: whether it sleeps until something comes.
        stretches: every measured window so far.
    """

    def __init__(self, rail: Rail, kind: Kind, fault: str, seed: int) -> None:
        """Be there, unpowered."""
        self.rail = rail
        self.kind = kind
        self.fault = fault
        self.heard = bytearray()
        self.said = bytearray()
        self.idle = False
        self.stretches: list[Stretch] = []
        self._chance = random.Random(seed)  # noqa: S311 # no secret
        self._booted = 0
        self._buffer = bytearray()
        self._wanted = 0
        self._count = 0

    def dead(self) -> Iterator[float]:
        """Be without power."""
        self.idle = False
        self.rail.draw(0.0)
        while True:
            yield FOREVER_S

    def lives(self) -> Iterator[float]:
        """Boot, then wait and obey."""
        while True:
            try:
                yield from self._boots()
                while True:
                    yield from self._waits()
                    yield from self._obeys(self._next())
            except _StartsAnewError:
                self.heard.clear()

    def _boots(self) -> Iterator[float]:
        self._wanted, self._buffer = 0, bytearray()
        self.rail.draw(self.kind.awake_w)
        yield self.kind.boot_s
        self._booted = self.rail.clock()
        energy = self.kind.energy != (self.fault == "wrong-mode")
        yield from self._says(f"m-timestamp-mode-{'energy' if energy else 'performance'}")
        yield from self._stamps()
        yield from self._says("m-init-done")
        yield from self._says("m-ready")

    def _waits(self) -> Iterator[float]:
        if b"%" not in self.heard:
            yield self.kind.settle_s
        while b"%" not in self.heard:
            self.rail.draw(self.kind.sleep_w)
            self.idle = True
            yield FOREVER_S
            self.idle = False

    def _next(self) -> str:
        raw, _, rest = bytes(self.heard).partition(b"%")
        self.heard = bytearray(rest)
        return raw.decode("ascii", "replace")

    def _obeys(self, command: str) -> Iterator[float]:
        self.rail.draw(self.kind.awake_w)
        yield (len(command) + 1) * BITS / self.kind.baud
        word, *arguments = command.split(" ")
        answer = {
            "name": self._names,
            "profile": self._profiles,
            "timestamp": self._stamps,
            "results": self._results,
        }.get(word)
        if self.fault == "chatters":
            yield from self._says(f"debug: {word}")
        if answer is not None:
            yield from answer()
        elif word == "db":
            yield from self._loads(arguments)
        elif word == "infer":
            yield from self._infers(arguments)
        else:
            yield from self._says(f"e-[Unknown command: {word}]")
        yield from self._says("m-ready")
        if self.fault == "chatters":
            yield from self._says("debug: done")

    def _says(self, text: str) -> Iterator[float]:
        self.rail.draw(self.kind.awake_w)
        yield (len(text) + 2) * BITS / self.kind.baud
        self.said += (text + "\r\n").encode("ascii")

    def _names(self) -> Iterator[float]:
        yield from self._says(f"m-name-dut-[{VIRTUAL_NAME}]")

    def _profiles(self) -> Iterator[float]:
        yield from self._says(f"m-profile-[{PROFILE}]")
        yield from self._says(f"m-model-[{self.kind.model}]")

    def _stamps(self) -> Iterator[float]:
        if not self.kind.energy:
            micros = (self.rail.clock() - self._booted) // 1000
            yield from self._says(f"m-lap-us-{micros % (1 << 32)}")
            return
        for _ in range(2 if self.fault == "bounces" else 1):
            if self.fault != "no-edges":
                self.rail.pin(False)  # noqa: FBT003 # a level is a truth value
            yield PULSE_S
            self.rail.pin(True)  # noqa: FBT003
            if self.fault == "bounces":
                yield BOUNCE_S

    def _results(self) -> Iterator[float]:
        values = ",".join(f"{value:0.3f}" for value in answer_of(self.kind.model, self._buffer))
        yield from self._says(f"m-results-[{values}]")

    # ------------------------------------------------------------------ its input

    def _loads(self, words: list[str]) -> Iterator[float]:
        if words[:1] == ["load"]:
            size = int(words[1]) if len(words) > 1 and words[1].isdecimal() else 0
            if not size:
                yield from self._says("e-[Command 'db load' must be >0 bytes]")
            elif size > LARGEST:
                what = f"Supplied buffer size {size} exceeds maximum of {LARGEST}"
                yield from self._says(what)
            else:
                self._wanted, self._buffer = size, bytearray()
                yield from self._says(f"m-[Expecting {size} bytes]")
            return
        try:
            data = bytes.fromhex(words[0] if words else "")
        except ValueError:
            yield from self._says("e-[Insufficent number of hex digits]")
            return
        self._buffer += data[: self._wanted - len(self._buffer)]
        if data and len(self._buffer) == self._wanted:
            yield from self._says("m-load-done")

    # ------------------------------------------------------------------ its work

    def _infers(self, words: list[str]) -> Iterator[float]:
        count = int(words[0]) if words and words[0].isdecimal() else 0
        warmups = int(words[1]) if len(words) > 1 and words[1].isdecimal() else 10
        if count <= 0:
            yield from self._says("e-[Inference iterations must be >0]")
            return
        self._count += 1
        if self.fault == "errs" and self._count > LATE:
            yield from self._says("e-[Inference failed]")
            return
        if self.fault == "miscounts":
            count += 1
        watts, seconds = self._work()
        yield from self._says(f"m-warmup-start-{warmups}")
        yield from self._computes(warmups, watts, seconds)
        yield from self._says("m-warmup-done")
        yield from self._says(f"m-infer-start-{count}")
        start = self.rail.clock()
        yield from self._stamps()
        yield from self._computes(count, watts, seconds)
        stop = self.rail.clock()
        yield from self._stamps()
        joules = self.rail.joules(start, stop)
        joules += self.rail.parasitic_w * (stop - start) / NS
        self.stretches.append(Stretch(start, stop, count, joules))
        yield from self._says("m-infer-done")
        yield from self._results()

    def _work(self) -> tuple[float, float]:
        """Return power and time of an inference of this window."""
        joules, watts = NETWORKS[self.kind.model]
        seconds = joules / watts
        watts *= 1 + SCATTER * self._chance.uniform(-1, 1)
        if self.fault == "drifts":
            watts *= 1 + 0.03 * self._count
        if self.fault == "short" and self._count == FIRST:
            seconds /= 2
        return watts, seconds

    def _computes(self, count: int, watts: float, seconds: float) -> Iterator[float]:
        for done in range(count):
            if self._count > LATE and 2 * done > count > 1:
                yield from self._breaks()
            for share, power in LAYERS:
                self.rail.draw(watts * power)
                yield seconds * share
        self.rail.draw(self.kind.awake_w)

    def _breaks(self) -> Iterator[float]:
        if self.fault == "hangs":
            while True:
                yield FOREVER_S
        if self.fault == "restarts":
            raise _StartsAnewError


class _StartsAnewError(Exception):
    """The board loses everything and starts anew."""
