"""Train a network batch by batch, and judge it.

This module imports torch; it is imported when a workload is prepared, never before.
"""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional

from joulemark.workloads.device import Device
from joulemark.workloads.samples import Samples
from joulemark.workloads.settings import VisionSettings


class Tally:
    """Sums of loss and correct answers, kept on the device so that nothing has to wait.

    Attributes:
        samples: images counted.
        batches: batches counted.
    """

    def __init__(self, device: torch.device) -> None:
        """Start at nothing."""
        self.samples = 0
        self.batches = 0
        self._has_loss = False
        self._sums = torch.zeros(2, dtype=torch.float64, device=device)

    def add(self, logits: Tensor, labels: Tensor, loss: Tensor | None = None) -> None:
        """Count one batch; ``loss`` is its mean."""
        self.samples += len(labels)
        self.batches += 1
        self._sums[1] += (logits.argmax(1) == labels).sum()
        if loss is not None:
            self._has_loss = True
            self._sums[0] += loss.detach() * len(labels)

    def facts(self) -> dict[str, float]:
        """Return the share of correct answers, and the mean loss if there is a finite one."""
        loss, correct = self._sums.tolist()
        facts = {"accuracy": correct / self.samples}
        if self._has_loss and math.isfinite(loss):
            facts["loss"] = loss / self.samples
        return facts


class Training:
    """Training that goes on where it stopped, epoch after epoch.

    Stochastic gradient descent with momentum on the cross-entropy; the learning rate follows a
    cosine from epoch to epoch (Loshchilov, Hutter, 2017, without restarts).

    Args:
        network: on the device.
        samples: to learn from.
        device: where to compute.
        settings: batch size, seed, learning rate.
    """

    def __init__(
        self, network: nn.Module, samples: Samples, device: Device, settings: VisionSettings
    ) -> None:
        """Be ready for the first batch of the first epoch."""
        self._network = network
        self._samples = samples
        self._device = device
        self._settings = settings
        self._generator = torch.Generator().manual_seed(settings.seed)
        self._optimiser = torch.optim.SGD(
            network.parameters(),
            lr=settings.learning_rate,
            momentum=settings.momentum,
            weight_decay=settings.weight_decay,
        )
        self._scaler = device.scaler()
        self._finished: list[dict[str, Any]] = []
        self._begin_epoch()

    def step(self, window: Tally) -> None:
        """Learn from the next batch, and count it in ``window`` too."""
        if self._next == len(self._samples):
            self._finished.append(self._record())
            self._begin_epoch()
        places = self._order[self._next : self._next + self._settings.batch_size]
        self._next += len(places)
        chance = self._generator if self._settings.augment else None
        images, labels = self._samples.batch(places, chance)
        logits, loss = self.forward(images, labels)
        self._scaler.scale(loss).backward()
        self._scaler.step(self._optimiser)
        self._scaler.update()
        self._optimiser.zero_grad()
        for tally in (window, self._epoch):
            tally.add(logits, labels, loss)

    def forward(self, images: Tensor, labels: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and mean loss of a batch, in training mode."""
        if not self._network.training:
            self._network.train()
        with self._device.autocast():
            logits = self._network(images)
            return logits, functional.cross_entropy(logits, labels)

    def rehearse(self) -> None:
        """Compute a batch of each size that will come, and undo it: compiles what is compiled."""
        before = {name: value.clone() for name, value in self._network.state_dict().items()}
        whole = min(self._settings.batch_size, len(self._samples))
        for count in {whole, len(self._samples) % whole or whole}:
            _, loss = self.forward(*self._samples.batch(torch.arange(count)))
            loss.backward()
        self._optimiser.zero_grad()
        self._network.load_state_dict(before)
        self._device.synchronise()

    def epochs(self) -> list[dict[str, Any]]:
        """Return epoch (from 1), samples, loss and accuracy of each epoch; the last may be part."""
        partial = [self._record()] if self._epoch.samples else []
        return [*self._finished, *partial]

    def _begin_epoch(self) -> None:
        self._order = torch.randperm(len(self._samples), generator=self._generator)
        self._next = 0
        self._epoch = Tally(self._device.torch)
        whole = self._settings.schedule_epochs
        turn = math.pi * len(self._finished) / whole if whole else 0.0
        for group in self._optimiser.param_groups:
            group["lr"] = self._settings.learning_rate * (1 + math.cos(turn)) / 2

    def _record(self) -> dict[str, Any]:
        about = {"epoch": len(self._finished) + 1, "samples": self._epoch.samples, "loss": None}
        return {**about, **self._epoch.facts()}


class Inference:
    """Classify images with a network that does not change.

    Args:
        network: on the device.
        samples: to classify.
        device: where to compute.
        batch_size: images at a time.

    Attributes:
        device: where it computes.
    """

    def __init__(
        self, network: nn.Module, samples: Samples, device: Device, batch_size: int
    ) -> None:
        """Start at the first image."""
        self._network = network
        self._samples = samples
        self.device = device
        self._batch_size = batch_size
        self._next = 0

    def step(self, window: Tally) -> None:
        """Classify the next batch, going round and round."""
        count = len(self._samples)
        places = torch.arange(self._next, self._next + self._batch_size) % count
        self._next = (self._next + self._batch_size) % count
        logits, labels = self.classify(places)
        window.add(logits, labels)

    def classify(self, places: Tensor) -> tuple[Tensor, Tensor]:
        """Return logits and labels of one batch of images."""
        if self._network.training:
            self._network.eval()
        with torch.inference_mode(), self.device.autocast():
            images, labels = self._samples.batch(places)
            return self._network(images), labels

    def answer(self, places: Tensor) -> None:
        """Classify any number of images in batches, and wait for the end."""
        for part in places.split(self._batch_size):
            self.classify(part)
        self.device.synchronise()

    def rehearse(self) -> None:
        """Classify one batch that does not count: compiles what is to be compiled."""
        self.answer(torch.arange(self._batch_size) % len(self._samples))

    def evaluate(self) -> Tally:
        """Return loss and accuracy over all images, each taken once."""
        tally = Tally(self.device.torch)
        for places in torch.arange(len(self._samples)).split(self._batch_size):
            logits, labels = self.classify(places)
            tally.add(logits, labels, functional.cross_entropy(logits.float(), labels))
        return tally
