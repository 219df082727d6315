"""Small tables of results, as others write them."""

from __future__ import annotations

import json
from typing import Any

from joulemark.formats.inference.parsed import Source

HEAD = (
    "Public ID,Organization,SystemType,SystemName,Model,Model MLC,Scenario,Result,"
    "number_of_nodes,host_processor_model_name,host_processors_per_node,accelerator_model_name,"
    "accelerators_per_node,Software,operating_system,notes,version,date,vdate,Units,"
    "Total Accelerators"
)


def line(
    result: str,
    unit: str,
    *,
    public_id: str = "4.1-0001",
    who: str = "ACME",
    kind: str = "datacenter",
    system: str = "ACME Box (8x Thing)",
    model: str = "ResNet",
    mlc: str = "ResNet",
    scenario: str = "Offline",
    accelerator: str = "Thing",
    version: str = "v4.1",
    vdate: str = "Inference v4.1",
) -> str:
    cells = [public_id, who, kind, system, model, mlc, scenario, result, "1.0", "A CPU", "2.0"]
    cells += [accelerator, "8.0", "Soft 1", "", "", version, "8/28/2024", vdate, unit, "8.0"]
    return ",".join(f'"{cell}"' if "," in cell else cell for cell in cells)


def page(*lines: str, name: str = "page.csv", head: str = HEAD) -> Source:
    return Source(name, "\r\n".join([head, *lines, ""]).encode())


def entry(**more: Any) -> dict[str, Any]:
    known: dict[str, Any] = {
        "Accuracy": 76.0,
        "Availability": "available",
        "Division": "closed",
        "Location": "closed/ACME/results/box/resnet50/Offline",
        "MlperfModel": "resnet",
        "Model": "resnet50",
        "Organization": "ACME",
        "Platform": "box",
        "Result": 1000.0,
        "Result_Units": "Samples/s",
        "Scenario": "Offline",
        "SystemName": "ACME Box (8x Thing)",
        "SystemType": "datacenter",
        "accelerator_model_name": "Thing",
        "accelerators_per_node": 8,
        "framework": "Soft 1",
        "host_processor_model_name": "A CPU",
        "inferred": 0,
        "number_of_nodes": 1,
        "version": "v3.0",
    }
    return {**known, **more}


def listed(*entries: Any, name: str = "cm-result.json") -> Source:
    return Source(name, json.dumps(list(entries)).encode())
