"""Loads a pipeline and calls it; imports torch and diffusers when called."""

from __future__ import annotations

import gc
import inspect
from pathlib import Path
from typing import Any

from joulemark.core.errors import JoulemarkError, UnavailableError, UsageError
from joulemark.workloads.diffusion.made import made
from joulemark.workloads.diffusion.settings import DiffusionSettings
from joulemark.workloads.diffusion.sizes import shape_of
from joulemark.workloads.places import device_of, first_line, format_of, needed, place_facts

NETWORKS = ("unet", "transformer")
"""Parts of pipelines that denoise."""


def packages() -> tuple[Any, Any, Any]:
    """Return torch, diffusers and transformers.

    Raises:
        MissingExtraError: if one is not installed.
    """
    torch, diffusers, transformers = (
        needed(name, "the workload diffusion", "diffusion")
        for name in ("torch", "diffusers", "transformers")
    )
    return torch, diffusers, transformers


class Pipeline:
    """A pipeline of diffusers on its device.

    Raises:
        MissingExtraError: if torch, diffusers or transformers is not installed.
        UnavailableError: if the machine lacks the device or the memory.
        UsageError: if there is no pipeline where the settings say, or it makes something else.
    """

    def __init__(self, settings: DiffusionSettings) -> None:
        """Load it, or make it."""
        self._packages = torch, diffusers, transformers = packages()
        for library in (diffusers, transformers):
            library.utils.logging.set_verbosity_error()
            library.utils.logging.disable_progress_bar()
        self.settings = settings
        self._torch = torch
        self._threads_before = 0
        self.device = device_of(torch, settings.device)
        self.dtype = format_of(torch, settings.dtype, self.device)
        if settings.threads:
            self._threads_before = torch.get_num_threads()
            torch.set_num_threads(settings.threads)
        try:
            self.pipe: Any = self._made() if settings.random_model else self._loaded()
        except torch.OutOfMemoryError:
            raise UnavailableError(
                "the weights do not fit into the memory", where=str(self.device)
            ) from None
        self.pipe.set_progress_bar_config(disable=True)
        self._words = self._call_words()

    def make(self, number: int) -> int:
        """Make a batch, from text to what is handed out; return how many were made.

        The device has ended all its work before and after.

        Args:
            number: of the batch; its noise is drawn from it and the seed.

        Raises:
            UnavailableError: if the memory does not suffice.
        """
        from joulemark.workloads.device import enough_memory

        torch, settings = self._torch, self.settings
        noise = torch.Generator(self.device).manual_seed(settings.seed + number)
        asked = [settings.prompt] * settings.batch_size
        with enough_memory(settings.batch_size), torch.inference_mode():
            output = self.pipe(prompt=asked, generator=noise, **self._words)
            self.synchronise()
        return len(output.frames if settings.frames else output.images)

    def synchronise(self) -> None:
        """Wait until all work that was handed to the device is done."""
        if self.device.type == "cuda":
            self._torch.cuda.synchronize(self.device)

    def facts(self) -> dict[str, Any]:
        """Return what belongs in a run, as JSON values."""
        _, diffusers, transformers = self._packages
        settings = self.settings
        return {
            "name": settings.model or f"random {settings.random_model}",
            "weights": f"random, seed {settings.seed}" if settings.random_model else "as stored",
            "pipeline": type(self.pipe).__name__,
            "scheduler": type(self.pipe.scheduler).__name__,
            "parts": {name: self._part(part) for name, part in self._networks()},
            "dtype": str(self.dtype).removeprefix("torch."),
            **place_facts(self._torch, self.device),
            "diffusers": str(diffusers.__version__),
            "transformers": str(transformers.__version__),
        }

    def close(self) -> None:
        """Let go of it, and give torch its number of threads back."""
        self.pipe = None
        gc.collect()
        if self._threads_before:
            self._torch.set_num_threads(self._threads_before)
            self._threads_before = 0
        if self.device.type == "cuda":
            self._torch.cuda.empty_cache()

    def _networks(self) -> list[tuple[str, Any]]:
        parts = self.pipe.components.items()
        return [(name, part) for name, part in parts if isinstance(part, self._torch.nn.Module)]

    @staticmethod
    def _part(part: Any) -> dict[str, Any]:
        return {
            "kind": type(part).__name__,
            "parameters": sum(p.numel() for p in part.parameters()),
        }

    def _made(self) -> Any:
        torch, settings = self._torch, self.settings
        cards = [self.device.index] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=cards):
            torch.manual_seed(settings.seed)
            shape = shape_of(settings.random_model)
            pipe = made(shape, self._packages, self.device, frames=settings.frames > 0)
        return pipe.to(self.device, self.dtype)

    def _loaded(self) -> Any:
        path = Path(self.settings.model).expanduser()
        if not (path / "model_index.json").is_file():
            raise UsageError(
                "there is no pipeline (no model_index.json)",
                where=str(path),
                remedy="give a folder as diffusers saves it",
            )
        _, diffusers, _ = self._packages
        try:
            pipe = diffusers.DiffusionPipeline.from_pretrained(
                path, torch_dtype=self.dtype, local_files_only=True
            )
        except JoulemarkError:
            raise
        except (OSError, ValueError, ImportError, KeyError, AttributeError, TypeError) as error:
            raise UsageError(f"it cannot be loaded: {first_line(error)}", where=str(path)) from None
        return pipe.to(self.device)

    def _call_words(self) -> dict[str, Any]:
        """Return what every call is told.

        Raises:
            UsageError: if this pipeline takes no prompt, or makes no videos where they are wanted.
        """
        settings, name = self.settings, type(self.pipe).__name__
        known = inspect.signature(self.pipe.__call__).parameters
        if "prompt" not in known or "num_inference_steps" not in known:
            raise UsageError(f"{name} makes nothing from a prompt", where=settings.model)
        if bool(settings.frames) != ("num_frames" in known):
            what = "videos" if "num_frames" in known else "images"
            raise UsageError(f"{name} makes {what}", where="setting frames")
        words = {
            "num_inference_steps": settings.steps,
            "height": settings.size,
            "width": settings.size,
            "guidance_scale": settings.guidance,
            "output_type": settings.output,
        }
        if settings.frames:
            words["num_frames"] = settings.frames
        return {key: value for key, value in words.items() if key in known}
