"""What the workload ``diffusion`` can be asked for."""

from __future__ import annotations

from dataclasses import dataclass

from joulemark.core.errors import UsageError
from joulemark.core.interfaces import Settings
from joulemark.workloads.diffusion.sizes import SIZES
from joulemark.workloads.fields import setting, settings_of


@dataclass(frozen=True, slots=True, kw_only=True)
class DiffusionSettings:
    """Settings of the workload; the metadata of each field explains it."""

    model: str = setting("", "folder of a pipeline, as diffusers saves it")
    random_model: str = setting(
        "",
        "instead of a folder: random weights, by the size of the network that denoises",
        choices=SIZES,
    )
    batch_size: int = setting(1, "images (or videos) made together", least=1, most=4096)
    steps: int = setting(20, "steps of denoising", least=1, most=10_000)
    size: int = setting(512, "width and height of an image, pixels", least=8, most=16384)
    frames: int = setting(0, "frames of a video; 0 makes images", least=0, most=4096)
    guidance: float = setting(7.5, "scale of guidance; 1 has none", least=0.0, most=100.0)
    prompt: str = setting("a lighthouse on a cliff at dawn, oil on canvas", "what is asked for")
    output: str = setting(
        "pil", "pictures, or tensors that stay on the device", choices=("pil", "pt")
    )
    device: str = setting("auto", "where to run", choices=("auto", "cpu", "cuda"))
    dtype: str = setting(
        "auto",
        "number format; auto is bf16 on cuda and fp32 on cpu",
        choices=("auto", "fp32", "bf16", "fp16"),
    )
    threads: int = setting(0, "processor threads; 0 leaves torch's choice", least=0, most=4096)
    seed: int = setting(0, "seed of noise and of random weights", least=0, most=2**62)


def diffusion_settings(values: Settings) -> DiffusionSettings:
    """Return settings from JSON values; what is not named keeps its default.

    Raises:
        UsageError: if a name is unknown, a value is of another kind or out of its bounds, or not
            exactly one pipeline is named.
    """
    made = settings_of(DiffusionSettings, values)
    if bool(made.model) == bool(made.random_model):
        raise UsageError(
            "name one pipeline: the setting model (a folder) or random_model (a size)",
            remedy=f"--random-model {SIZES[0]} makes a small one",
        )
    if made.size % 8:
        raise UsageError("pipelines make images in steps of 8 pixels", where="setting size")
    return made
