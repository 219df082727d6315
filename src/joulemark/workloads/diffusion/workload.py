"""The workload ``diffusion``: images (or videos) from text, batch after batch.

A call of the pipeline is measured whole: text, denoising, decoding, and pictures if they are asked
for. One call follows the other; the device has ended its work on both sides of each.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np

from joulemark.core.caution import Caution
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import UsageError
from joulemark.core.interfaces import Settings
from joulemark.core.window import Work
from joulemark.workloads.diffusion.pipeline import Pipeline, packages
from joulemark.workloads.diffusion.settings import DiffusionSettings, diffusion_settings

PERCENTILES = (50, 90, 99)


def diffusion(settings: Settings) -> Diffusion:
    """Return the workload; the names are the fields of :class:`DiffusionSettings`.

    Raises:
        UsageError: if a setting is unknown or makes no sense.
        MissingExtraError: if torch, diffusers or transformers is not installed.
    """
    checked = diffusion_settings(settings)
    packages()
    return Diffusion(checked)


class Diffusion:
    """A pipeline of diffusers as a workload; see ``core.interfaces.Workload``.

    Args:
        settings: which pipeline, and what it makes.
        loader: loads the pipeline.
        clock: monotonic, ns.
    """

    phase = "generate"

    def __init__(
        self,
        settings: DiffusionSettings,
        loader: Callable[[DiffusionSettings], Pipeline] = Pipeline,
        clock: Clock = time.monotonic_ns,
    ) -> None:
        """Load nothing yet."""
        self.settings = settings
        self.unit = "video" if settings.frames else "image"
        self.name = f"diffusion, batch {settings.batch_size}, {settings.steps} steps"
        self.cautions: Sequence[Caution] = ()
        self._loader = loader
        self._clock = clock
        self._pipeline: Pipeline | None = None
        self._made = 0
        self._calls: list[list[float]] = []

    def prepare(self) -> Mapping[str, Any]:
        """Load the pipeline; return what it is, as JSON values.

        Raises:
            UnavailableError: if the machine lacks the device or the memory.
            UsageError: if there is no pipeline where the settings say.
        """
        self.close()
        self._calls.clear()
        self._made = 0
        pipeline = self._pipeline = self._loader(self.settings)
        model, settings = pipeline.facts(), self.settings
        frames = f"x{settings.frames} frames" if settings.frames else ""
        self.name = (
            f"{model['name']} {settings.size}x{settings.size}{frames},"
            f" batch {settings.batch_size}, {settings.steps} steps"
        )
        return {
            "model": model,
            "batch_size": settings.batch_size,
            "seed": settings.seed,
            "definition": f"energy-per-{self.unit}/1",
            "settings": asdict(settings),
        }

    def run(self, seconds: float) -> tuple[Work, Mapping[str, float]]:
        """Make batches for at least ``seconds``, and at least one.

        Returns:
            Images (or videos) made; and ``batches``, ``seconds_per_batch``, percentiles of the
            time of a batch (``batch_p50_s`` …), and how many were made per s.

        Raises:
            UnavailableError: if the memory does not suffice.
        """
        pipeline = self._pipeline
        if pipeline is None:
            raise UsageError(f"{self.name} is not prepared", remedy="call prepare() first")
        calls: list[float] = []
        count = 0
        self._calls.append(calls)
        pipeline.synchronise()
        start = last = self._clock()
        while not calls or last - start < seconds * NS:
            count += pipeline.make(self._made)
            self._made += 1
            now = self._clock()
            calls.append((now - last) / NS)
            last = now
        elapsed = (last - start) / NS
        return Work(count, self.unit), {
            "batches": len(calls),
            "seconds_per_batch": elapsed / len(calls),
            **_percentiles(calls),
            f"{self.unit}s_per_s": count / elapsed,
        }

    def results(self) -> Mapping[str, Any]:
        """Return the times of batches of all runs but the first, which warms up."""
        calls = [call for run in self._calls[1:] or self._calls for call in run]
        if not calls:
            return {}
        seconds = {"batches": len(calls), "mean_s": float(np.mean(calls)), **_percentiles(calls)}
        return {"diffusion": {**seconds, "steps": self.settings.steps}}

    def close(self) -> None:
        """Let go of the pipeline; a second call does nothing."""
        if self._pipeline is not None:
            self._pipeline.close()
            self._pipeline = None


def _percentiles(calls: Sequence[float]) -> dict[str, float]:
    """Return percentiles of times, s, linear between order statistics."""
    found = np.percentile(calls, PERCENTILES).tolist()
    return {f"batch_p{p}_s": value for p, value in zip(PERCENTILES, found, strict=True)}
