"""The load that is asked for: prompts and times of each repeat, by a seed of its own."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np

from joulemark.core.errors import UsageError
from joulemark.core.request import Prompt
from joulemark.loads.serving import arrivals
from joulemark.loads.serving.arrivals import Schedule
from joulemark.loads.serving.lengths import parse_lengths
from joulemark.loads.serving.pictures import parse_size, with_noise
from joulemark.loads.serving.prompts import of_lengths, read_prompts, repeated, synthetic
from joulemark.loads.serving.traces import Recorded, read_trace
from joulemark.workloads.openai.client import Load

KINDS = ("closed", "poisson", "gamma", "constant", "ramp", "trace", "saturation")
RATED = ("poisson", "gamma", "constant")
DAY_S = 86_400
MOST_S = 90 * DAY_S
USUAL_SIZE = "256x256"


@dataclass(frozen=True, kw_only=True)
class LoadPlan:
    """What is asked and when.

    Attributes:
        kind: of arrivals, one of ``KINDS``.
        requests: how many in each repeat; of a trace all by default.
        concurrency: how many are under way together in a closed loop.
        rate: mean arrivals per second; of a ramp at its beginning.
        last_rate: of a ramp at its end, 1/s.
        burstiness: shape of gamma arrivals.
        trace: file of a recording.
        speed: how many times as fast a recording is replayed.
        prompts: file of prompts; made-up words without one.
        tokens_in: lengths of made-up prompts, words.
        tokens_out: most tokens of answers; empty to leave it to the prompts, or the server.
        lasting_s: what is not complete so long after the start is cancelled, s.
        seed: of prompts and times; each repeat adds its number.
        images: pictures of noise in each prompt, beside those that it has.
        image_size: their size, ``256x256``.
    """

    kind: str = "closed"
    requests: int | None = 100
    concurrency: int | None = None
    rate: float | None = None
    last_rate: float | None = None
    burstiness: float | None = None
    trace: Path | None = None
    speed: float = 1.0
    prompts: Path | None = None
    tokens_in: str = "lognormal:200,150"
    tokens_out: str = ""
    lasting_s: float | None = None
    seed: int = 0
    images: int | None = None
    image_size: str = ""

    def load(self, repeat: int) -> Load:
        """Return the load of a repeat.

        Raises:
            UsageError: if the plan makes no sense.
            FormatError: if a file is not what it should be.
        """
        seed = self.seed + repeat
        schedule = self._schedule(seed)
        count = len(schedule.due_s)
        if schedule.due_s[-1] > MOST_S:
            raise UsageError(
                f"the last request would be sent after {schedule.due_s[-1] / DAY_S:.0f} days",
                remedy=f"ask for at most {MOST_S // DAY_S} days (fewer requests, a higher rate)",
            )
        return Load(
            prompts=self._pictured(self._asked(count, seed), seed),
            due_s=schedule.due_s.tolist(),
            concurrency=schedule.concurrency,
            lasting_s=self.lasting_s,
        )

    def record(self) -> dict[str, Any]:
        """Return what it is, as JSON values; files with their SHA-256."""
        plain = {
            name: str(value) if isinstance(value, Path) else value
            for name, value in asdict(self).items()
            if value is not None and value != ""
        }
        own = ("prompts", "tokens_in", "tokens_out", "images", "image_size")
        made = {name: plain.pop(name) for name in own if name in plain}
        if self.prompts is not None:
            del made["tokens_in"]  # nothing is made up
            made |= _digest("prompts", self.prompts)
        if self.trace is not None:
            plain |= _digest("trace", self.trace)
        seed = plain.pop("seed")
        return {"arrivals": plain, "prompts": made, "seed": seed}

    def _schedule(self, seed: int) -> Schedule:
        if self.kind not in KINDS:
            raise UsageError(f"no arrivals are called {self.kind!r}", remedy=", ".join(KINDS))
        if self.kind == "trace":
            return self._replayed()
        count = self._count()
        if self.kind == "saturation":
            return arrivals.saturation(count)
        if self.kind == "closed":
            return arrivals.closed_loop(count, int(self._told("concurrency")))
        if self.kind == "ramp":
            return arrivals.ramp(
                count, self._told("rate"), self._told("last_rate"), burstiness=1.0, seed=seed
            )
        rate = self._told("rate")
        if self.kind == "constant":
            return arrivals.constant(count, rate)
        shape = self._told("burstiness") if self.kind == "gamma" else 1.0
        return arrivals.gamma(count, rate, shape, seed)

    def _told(self, name: str) -> float:
        value = getattr(self, name)
        if value is None:
            flag = "--" + name.replace("_", "-")
            raise UsageError(f"{self.kind} arrivals need {flag}", remedy=f"give {flag} NUMBER")
        return float(value)

    def _count(self) -> int:
        if self.requests is None:
            raise UsageError("how many requests is not told", remedy="give --requests N")
        return self.requests

    @cached_property
    def _recorded(self) -> Recorded:
        if self.trace is None:
            raise UsageError("a replay needs its recording", remedy="give --trace FILE")
        return read_trace(self.trace)

    def _replayed(self) -> Schedule:
        schedule = arrivals.replay(self._recorded.stamps_s, speed=self.speed)
        return Schedule(schedule.due_s[: self.requests])

    @cached_property
    def _read(self) -> list[Prompt]:
        return [] if self.prompts is None else read_prompts(self.prompts)

    def _asked(self, count: int, seed: int) -> list[Prompt]:
        outs = parse_lengths(self.tokens_out) if self.tokens_out else None
        if self.prompts is None and self.kind == "trace":
            return self._as_recorded(count, seed)
        if self.prompts is None:
            return synthetic(count, parse_lengths(self.tokens_in), outs, seed)
        found = repeated(_turned(self._read, seed), count)
        if outs is None:
            return found
        most = outs.draw(count, np.random.default_rng(seed)).tolist()
        return [
            replace(prompt, tokens_out=int(out)) for prompt, out in zip(found, most, strict=True)
        ]

    def _pictured(self, prompts: list[Prompt], seed: int) -> list[Prompt]:
        if self.images is None:
            return prompts
        return with_noise(prompts, self.images, parse_size(self.image_size or USUAL_SIZE), seed)

    def _as_recorded(self, count: int, seed: int) -> list[Prompt]:
        """Return made-up prompts with the lengths of a recording, where it has them."""
        recorded, rng = self._recorded, np.random.default_rng(seed)
        order = np.argsort(recorded.stamps_s, kind="stable")[:count]
        words = recorded.tokens_in
        outs = parse_lengths(self.tokens_out).draw(count, rng) if self.tokens_out else None
        if outs is None and recorded.tokens_out is not None:
            outs = recorded.tokens_out[order]
        if words is None:
            return of_lengths(parse_lengths(self.tokens_in).draw(count, rng), outs, rng)
        return of_lengths(np.maximum(words[order], 1), outs, rng)


def _turned(prompts: list[Prompt], seed: int) -> list[Prompt]:
    """Return prompts in an order of chance, so that repeats do not ask the same first."""
    order = np.random.default_rng(seed).permutation(len(prompts)).tolist()
    return [prompts[i] for i in order]


def _digest(name: str, path: Path) -> dict[str, str]:
    """Return the SHA-256 of a file under a name; nothing if it cannot be read, as reading tells."""
    try:
        with path.open("rb") as file:
            return {f"{name}_sha256": hashlib.file_digest(file, "sha256").hexdigest()}
    except OSError:
        return {}


def arrivals_of(settings: Mapping[str, Any]) -> str:
    """Return in a few words how requests came, from the settings of a run."""
    told = settings.get("arrivals")
    if not isinstance(told, Mapping):
        return "unknown arrivals"
    words = [str(told.get("kind", "unknown"))]
    if told.get("concurrency") is not None:
        words.append(f"{told['concurrency']} at once")
    if told.get("rate") is not None:
        words.append(f"{told['rate']:g}/s")
    return ", ".join(words)
