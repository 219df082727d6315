"""One configuration of the ML.ENERGY benchmark: what was set, and what it came to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

V2, V3, V3_RUN = "ML.ENERGY V2", "ML.ENERGY V3", "ML.ENERGY V3 run"
"""Where a configuration stands. The leaderboard smooths token times that a run states as they came,
so that a run is a source of its own."""
REQUEST, IMAGE, VIDEO = "request", "image", "video"

Setting = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Figure:
    """One number.

    Attributes:
        value: the number, in SI.
        unit: its unit.
        definition: name of its definition, a key of :data:`.definitions.DEFINITIONS`.
        u95: half-width of the 95 % interval; None where the file gives no way to tell.
        derived: how it was computed here; empty where the file states it.
    """

    value: float
    unit: str
    definition: str
    u95: float | None = None
    derived: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Configuration:
    """One configuration.

    Attributes:
        origin: :data:`V2`, :data:`V3` or :data:`V3_RUN`.
        task: ``chat``, ``text-to-image`` …; empty where neither file nor path tells.
        model: identity of the model: ``meta-llama/Llama-3.1-8B-Instruct``.
        nickname: its name for people; empty where it has none.
        gpu: model of the GPUs as stated; empty where nothing tells.
        gpus: how many.
        settings: what was set, by the names of V3 (``max_num_seqs``, ``tensor_parallel`` …).
        precision: of the weights; empty where nothing tells.
        unit: what energy is counted for: request, image or video.
        figures: by name; times in s, energies in J.
        source: the file, and in it the place (from 1) where it holds several.
        remarks: what the reader saw that is odd.
    """

    origin: str
    task: str
    model: str
    nickname: str = ""
    gpu: str = ""
    gpus: int
    settings: Mapping[str, Setting]
    precision: str = ""
    unit: str
    figures: Mapping[str, Figure]
    source: str
    remarks: tuple[str, ...] = field(default=())

    @property
    def generation(self) -> str:
        """V2 or V3."""
        return "V2" if self.origin == V2 else "V3"

    @property
    def energy(self) -> str:
        """Name of the figure of energy per request, image or video."""
        return f"energy_per_{self.unit}"

    @property
    def identity(self) -> tuple[str, ...]:
        """What makes it this configuration and no other."""
        settings = sorted(f"{name}={value}" for name, value in self.settings.items())
        named = (self.origin, self.task, self.model, self.gpu, str(self.gpus), self.precision)
        return (*named, *settings)

    def value(self, name: str) -> float | None:
        """Return a figure's number; None where there is none."""
        figure = self.figures.get(name)
        return None if figure is None else figure.value
