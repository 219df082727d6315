"""Settings of the workloads are checked before anything is loaded."""

from __future__ import annotations

from dataclasses import asdict, fields
from typing import Any

import pytest

from joulemark.core.errors import UsageError
from joulemark.workloads.settings import VisionSettings, vision_settings


def test_defaults_are_those_of_the_study() -> None:
    settings = vision_settings({})
    assert settings == VisionSettings()
    assert (settings.batch_size, settings.precision, settings.seed) == (128, "fp32", 0)
    assert (settings.learning_rate, settings.momentum, settings.weight_decay) == (0.001, 0.9, 5e-4)


def test_every_field_explains_itself() -> None:
    for item in fields(VisionSettings):
        assert item.metadata["help"]
        assert type(item.default) in (str, int, float, bool)


def test_choices_are_found_in_any_case() -> None:
    settings = vision_settings({"model": "resnet18", "mode": "TRAIN", "precision": "BF16"})
    assert (settings.model, settings.mode, settings.precision) == ("ResNet18", "train", "bf16")


def test_values_are_kept() -> None:
    values = {"batch_size": 7, "compile": True, "momentum": 0, "data": "some/where", "seed": 2**62}
    assert asdict(vision_settings(values)).items() >= values.items()
    assert type(vision_settings(values).momentum) is float


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": "AlexNet"}, "setting model: 'AlexNet' is not known; choose from LeNet, ResNet"),
        ({"mode": "sleep"}, "choose from train, infer"),
        ({"precision": "int8"}, "choose from fp32, bf16, fp16"),
        ({"device": "tpu"}, "choose from auto, cpu, cuda"),
        ({"colour": 1}, "no setting is called 'colour'; choose from model, mode, batch_size"),
        ({"batch_size": 0}, "setting batch_size: 0 is not within 1 to 60000"),
        ({"batch_size": 1.5}, "1.5 is not a int"),
        ({"batch_size": True}, "True is not a int"),
        ({"batch_size": None}, "None is not a int"),
        ({"compile": 1}, "1 is not a bool"),
        ({"model": 3}, "3 is not a str"),
        ({"seed": -1}, "setting seed: -1 is not within"),
        ({"learning_rate": float("nan")}, "nan is not within"),
        ({"learning_rate": 10**400}, "is not within"),
        ({"momentum": 1.1}, "1.1 is not within 0.0 to 1.0"),
        ({"threads": -2}, "-2 is not within"),
    ],
)
def test_nonsense_is_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        vision_settings(values)
