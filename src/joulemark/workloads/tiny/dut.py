"""A board under test, as MLPerf Tiny's firmware speaks.

Every command and answer stands in ``benchmark/api/internally_implemented.cpp`` of mlcommons/tiny
(commit 1afd2c9): ``name``, ``timestamp``, ``profile``, ``db load N``, ``db HEX``, ``infer N W`` and
``results``; answers end with ``m-ready``, errors are ``e-[TEXT]``. The help text there gives
``infer`` no warm-up by default, the code ten: here the number is always sent.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field

from joulemark.core.errors import BoardError
from joulemark.workloads.tiny.dialogue import Said
from joulemark.workloads.tiny.links import READY, TIMEOUT_S, Link

CHUNK, RELAYED_CHUNK = 31, 26
"""Bytes of one ``db`` command, straight and in energy mode (``device_under_test.py`` of the Python
runner): with ``db ``, two digits a byte, and ``dut `` before them they stay below 80 characters."""
MOST_RESULTS = 4096
VIRTUAL_NAME = "joulemark virtual board"
"""What a board in software names itself, so that no figure of one is taken for a measurement."""
MODE = "m-timestamp-mode-"
NAMED = "m-name-"
STARTED = ("m-init-done", MODE)
"""What only a board that starts says."""
LAP = re.compile(r"m-lap-us-(\d{1,20})$")
COUNT = re.compile(r"m-(warmup|infer)-start-(\d{1,12})$")
BRACKETS = re.compile(r"m-([a-z-]+)-\[(.*)\]$")
MESSAGE = re.compile(r"m-[a-z\[]|e-\[")
STALE_ERROR = re.compile(r"e-[?\[]")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a board answered to one command.

    Attributes:
        lines: all of them, without ``m-ready``.
        ended: when ``m-ready`` was heard, ns.
    """

    lines: tuple[Said, ...]
    ended: int

    def has(self, text: str) -> bool:
        """Whether a line begins so."""
        return any(line.text.startswith(text) for line in self.lines)


@dataclass(frozen=True, slots=True)
class Inferred:
    """What came of ``infer``.

    Attributes:
        results: what the board answered, of the last inference.
        laps_us: its own stamps, where it gives any.
        began: when ``m-infer-start`` was heard, ns.
        ended: when ``m-infer-done`` was.
    """

    results: tuple[float, ...]
    laps_us: tuple[int, ...]
    began: int
    ended: int


@dataclass(slots=True)
class Manners:
    """What a board said that it should not have.

    Attributes:
        chatter: lines within an answer that are no message.
        late: lines after an answer's ``m-ready``, when nothing was asked.
    """

    chatter: list[str] = field(default_factory=list)
    late: list[str] = field(default_factory=list)


class Dut:
    """A board under test.

    Args:
        link: the way to it.
        energy: whether it is measured by an energy monitor, which shortens the commands.

    Attributes:
        mode: ``energy`` or ``performance`` as it said when it started; empty if it was not heard.
        manners: what it said that it should not have.
    """

    def __init__(self, link: Link, *, energy: bool) -> None:
        """Keep the link; nothing is said."""
        self.link = link
        self.mode = ""
        self.manners = Manners()
        self._chunk = RELAYED_CHUNK if energy or link.relayed else CHUNK

    def boot(self, seconds: float = TIMEOUT_S) -> None:
        """Wait until a board that was just powered is ready.

        Raises:
            BoardError: if it is not in time.
        """
        until_ready = self._answer(seconds, "being powered", starting=True)
        for line in until_ready.lines:
            if line.text.startswith(MODE):
                self.mode = line.text.removeprefix(MODE)

    def alive(self, seconds: float = 1.0) -> bool:
        """Say whether the board answers to its name; one that just starts is waited for."""
        self.link.drain()
        self.link.say("name")
        named = False
        while (said := self.link.hear(seconds)) is not None:
            if said.text.startswith(MODE):
                self.mode = said.text.removeprefix(MODE)
            named = named or said.text.startswith(NAMED)
            if named and said.text == READY:
                return True
        return False

    def name(self) -> str:
        """Return the vendor that it names (``m-name-dut-[VENDOR]``)."""
        return self._bracketed(self.ask("name"), "name-dut")

    def profile(self) -> tuple[str, str]:
        """Return its profile and its model (``m-profile-[…]``, ``m-model-[…]``).

        Raises:
            BoardError: if it names no model.
        """
        answer = self.ask("profile")
        model = self._bracketed(answer, "model")
        if not model:
            raise BoardError("the board names no model", remedy="set TH_MODEL_VERSION")
        return self._bracketed(answer, "profile"), model

    def timestamp(self) -> int | None:
        """Have it give a stamp: an edge, or (returned) its own time in µs."""
        laps = _laps(self.ask("timestamp"))
        return laps[-1] if laps else None

    def load(self, data: bytes) -> None:
        """Load an input, in pieces that its command buffer holds.

        Raises:
            BoardError: if it does not take it all.
        """
        if not self.ask(f"db load {len(data)}").has(f"m-[Expecting {len(data)} bytes]"):
            raise BoardError(f"the board takes no input of {len(data)} bytes")
        done = False
        for at in range(0, len(data), self._chunk):
            done = self.ask(f"db {data[at : at + self._chunk].hex()}").has("m-load-done")
        if not done:
            raise BoardError(f"the board does not say that {len(data)} bytes are loaded")

    def infer(self, count: int, warmups: int, seconds: float) -> Inferred:
        """Run inferences of what was loaded.

        Args:
            count: measured ones.
            warmups: ones before them.
            seconds: within which a line must come.

        Raises:
            BoardError: if it errs, hangs, starts anew, counts otherwise or gives no results.
        """
        answer = self.ask(f"infer {count} {warmups}", seconds)
        times: dict[str, int] = {}
        for said in answer.lines:
            found = COUNT.match(said.text)
            if found:
                wanted = count if found[1] == "infer" else warmups
                if int(found[2]) != wanted:
                    what = f"the board says {said.text!r} to infer {count} {warmups}"
                    raise BoardError(what, remedy="look for noise on the line, or its firmware")
                times[found[1]] = said.time
            elif said.text == "m-infer-done":
                times["done"] = said.time
        missing = {"warmup", "infer", "done"} - times.keys()
        if missing:
            raise BoardError(f"the board did not say when {', '.join(sorted(missing))} was")
        return Inferred(_results(answer), _laps(answer), times["infer"], times["done"])

    def ask(self, command: str, seconds: float = TIMEOUT_S) -> Answer:
        """Send a command and return the whole answer.

        Raises:
            BoardError: if it is an error, not in time, or the board started anew meanwhile.
        """
        self.manners.late += [said.text for said in self.link.drain()]
        self.link.say(command)
        return self._answer(seconds, command)

    def _answer(self, seconds: float, to: str, *, starting: bool = False) -> Answer:
        lines: list[Said] = []
        while (said := self.link.hear(seconds)) is not None:
            if said.text == READY:
                self._check(lines, to, starting=starting)
                return Answer(tuple(lines), said.time)
            lines.append(said)
        heard = f"after {lines[-1].text[:60]!r}" if lines else "at all"
        raise BoardError(
            f"the board does not answer {to[:40]!r} within {seconds:g} s, {heard}",
            remedy="look at its wires, its firmware and its rate; a board in energy mode talks at "
            "9600 baud",
        )

    def _check(self, lines: list[Said], to: str, *, starting: bool) -> None:
        for said in lines:
            if STALE_ERROR.match(said.text):
                raise BoardError(f"the board answers {said.text[:120]!r} to {to[:40]!r}")
            if not starting and said.text.startswith(STARTED):
                raise BoardError(
                    f"the board started anew during {to[:40]!r}",
                    remedy="look at its supply: brown-out, watchdog, too small a limit of current",
                )
            if not MESSAGE.match(said.text):
                self.manners.chatter.append(said.text)

    @staticmethod
    def _bracketed(answer: Answer, key: str) -> str:
        for said in answer.lines:
            found = BRACKETS.match(said.text)
            if found and found[1] == key:
                return found[2][:80]
        return ""


def _laps(answer: Answer) -> tuple[int, ...]:
    return tuple(int(found[1]) for said in answer.lines if (found := LAP.match(said.text)))


def _results(answer: Answer) -> tuple[float, ...]:
    """Return the last vector of results.

    Raises:
        BoardError: if there is none, or it holds what is no number.
    """
    texts = [said.text for said in answer.lines if said.text.startswith("m-results-[")]
    if not texts or not texts[-1].endswith("]"):
        raise BoardError("the board gives no results", remedy="th_results must print m-results-[…]")
    words = [word for word in texts[-1][len("m-results-[") : -1].split(",") if word.strip()]
    try:
        values = tuple(float(word) for word in words[:MOST_RESULTS])
    except ValueError:
        values = (math.nan,)
    if not all(map(math.isfinite, values)):
        raise BoardError(f"the board's results are no numbers: {texts[-1][:80]!r}")
    return values
