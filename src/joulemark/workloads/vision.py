"""The workload ``vision``: train a small image network, or classify images with it.

Real networks on real images in PyTorch, on the processor or on CUDA; everything that is drawn by
chance is drawn from the seed. torch is imported by the factory, never by importing this module.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from joulemark.core.caution import Caution, Code
from joulemark.core.clock import NS, Clock
from joulemark.core.errors import MissingExtraError, UnavailableError, UsageError
from joulemark.core.interfaces import Settings
from joulemark.core.window import Work
from joulemark.workloads.settings import VisionSettings, vision_settings

if TYPE_CHECKING:
    from torch import nn

    from joulemark.workloads.device import Device
    from joulemark.workloads.images.sets import Images
    from joulemark.workloads.learning import Inference, Training

Compiler = Callable[["nn.Module"], "nn.Module"]


def vision(settings: Settings) -> Vision:
    """Return the workload; the names are the fields of :class:`VisionSettings`.

    Raises:
        UsageError: if a setting is unknown or makes no sense.
        MissingExtraError: if torch is not installed.
    """
    checked = vision_settings(settings)
    try:
        importlib.import_module("torch")
    except ImportError:
        raise MissingExtraError("the workload vision", "torch", "vision") from None
    return Vision(checked)


class Vision:
    """Train a network, or classify the test images with it; see ``core.interfaces.Workload``.

    It answers single queries, too (``core.interfaces.Queries``): an index is a place in the test
    images.

    Args:
        settings: what to do.
        clock: monotonic, ns.
        compiler: what compiles the network; None is ``torch.compile``.
    """

    unit = "sample"

    def __init__(
        self,
        settings: VisionSettings,
        *,
        clock: Clock = time.monotonic_ns,
        compiler: Compiler | None = None,
    ) -> None:
        """Load nothing yet."""
        self.settings = settings
        self.name = f"{settings.model} {settings.mode}"
        if not settings.data:
            self.name += " on photographs"
        self.phase = settings.mode
        self.cautions: Sequence[Caution] = ()
        self.sample_count = 0
        self._clock = clock
        self._compiler = compiler
        self._threads_before = 0
        self._inference: Inference | None = None
        self._training: Training | None = None

    def prepare(self) -> Mapping[str, Any]:
        """Load images and network; return what they are, as JSON values.

        Raises:
            UnavailableError: if the machine lacks the device, a package or the memory.
            UsageError: if there are no images where the settings say.
            FormatError: if the images are not what they claim to be.
        """
        import torch

        from joulemark.workloads.device import Device
        from joulemark.workloads.facts import model_facts

        self.close()
        device = Device(self.settings)
        images = self._images()
        if self.settings.threads:
            self._threads_before = torch.get_num_threads()
            torch.set_num_threads(self.settings.threads)
        network = self._network()
        model = model_facts(network)
        self._place(network, images, device)
        self.name = f"{self.settings.model} {self.settings.mode} on {images.name}"
        self.sample_count = len(images.test)
        if images.stand_in:
            self.cautions = (Caution(Code.STAND_IN_DATA, f"{images.name}, not CIFAR-10"),)
        return {
            "model": {"name": self.settings.model, "weights": self._weights(), **model},
            "data": images.facts(),
            "device": device.facts(),
            "batch_size": self.settings.batch_size,
            "seed": self.settings.seed,
            "settings": asdict(self.settings),
        }

    def run(self, seconds: float) -> tuple[Work, Mapping[str, float]]:
        """Compute batches for at least ``seconds``, and at least one.

        Training goes on where the last call stopped; inference goes round the test images.

        Returns:
            Images computed; and ``batches``, ``seconds_per_batch``, ``accuracy`` and, where it is a
            finite number, ``loss`` of these batches.

        Raises:
            UnavailableError: if the memory does not suffice.
        """
        from joulemark.workloads.learning import Tally

        inference = self._ready()
        step = self._training.step if self._training else inference.step
        tally = Tally(inference.device.torch)
        with self._enough_memory():
            inference.device.synchronise()
            start = self._clock()
            while not tally.batches or self._clock() - start < seconds * NS:
                step(tally)
            inference.device.synchronise()
            elapsed = (self._clock() - start) / NS
        facts = {"batches": tally.batches, "seconds_per_batch": elapsed / tally.batches}
        return Work(tally.samples, self.unit), {**facts, **tally.facts()}

    def answer(self, indices: Sequence[int]) -> None:
        """Classify the test images at these places, and wait for the end.

        Raises:
            UsageError: if a place is not in the test images, or the network is being trained.
            UnavailableError: if the memory does not suffice.
        """
        import torch

        inference = self._ready()
        if self._training:
            raise UsageError(
                "queries are answered by inference only", remedy="choose the mode infer"
            )
        if indices and not 0 <= min(indices) <= max(indices) < self.sample_count:
            raise UsageError(
                f"places {min(indices)} to {max(indices)} of {self.sample_count} images"
            )
        with self._enough_memory():
            inference.answer(torch.tensor(indices, dtype=torch.int64))

    def evaluate(self) -> Mapping[str, float]:
        """Return ``samples``, ``loss`` and ``accuracy`` over all test images, each taken once.

        Raises:
            UnavailableError: if the memory does not suffice.
        """
        with self._enough_memory():
            tally = self._ready().evaluate()
            return {"samples": tally.samples, **tally.facts()}

    def results(self) -> Mapping[str, Any]:
        """Return ``epochs`` (epoch, samples, loss, accuracy) of a training; else nothing."""
        return {"epochs": self._training.epochs()} if self._training else {}

    def close(self) -> None:
        """Let go of network and images, and give torch its number of threads back."""
        self._inference = self._training = None
        self.sample_count = 0
        if self._threads_before:
            import torch

            torch.set_num_threads(self._threads_before)
            self._threads_before = 0

    def _images(self) -> Images:
        if self.settings.data:
            from joulemark.workloads.images.layout import read_images

            return read_images(Path(self.settings.data).expanduser())
        from joulemark.workloads.images.photographs import photographs

        return photographs(self.settings.crops)

    def _network(self) -> nn.Module:
        import torch

        from joulemark.workloads.networks import build

        with torch.random.fork_rng(devices=[]):
            torch.random.default_generator.manual_seed(self.settings.seed)
            return build(self.settings.model)

    def _place(self, network: nn.Module, images: Images, device: Device) -> None:
        import torch

        from joulemark.workloads.learning import Inference, Training
        from joulemark.workloads.samples import Samples

        with self._enough_memory():
            network = network.to(device.torch)
            if self.settings.compile:
                network = (self._compiler or torch.compile)(network)
            test = Samples(images.test, images, device.torch)
            self._inference = Inference(network, test, device, self.settings.batch_size)
            if self.settings.mode == "train":
                train = Samples(images.train, images, device.torch)
                self._training = Training(network, train, device, self.settings)
            if self.settings.compile:
                self._rehearse(self._training or self._inference)

    def _rehearse(self, work: Training | Inference) -> None:
        try:
            work.rehearse()
        except RuntimeError as error:
            raise UnavailableError(
                f"torch.compile failed ({str(error).strip().splitlines()[0][:200]})",
                where="setting compile",
                remedy="install a C++ compiler, or leave compile off",
            ) from None

    def _enough_memory(self) -> AbstractContextManager[None]:
        from joulemark.workloads.device import enough_memory

        return enough_memory(self.settings.batch_size)

    def _ready(self) -> Inference:
        if self._inference is None:
            raise UsageError(f"{self.name} is not prepared", remedy="call prepare() first")
        return self._inference

    def _weights(self) -> str:
        start = f"random, seed {self.settings.seed}"
        return start if self.settings.mode == "train" else f"{start}; not trained"
