"""Checkpoint to a single ONNX file, checked against PyTorch, plus the manifest entry."""
from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any

import numpy as np
import onnx
import onnxruntime as ort
import torch
from torch import nn

from .manifest import read_entry, write_entry
from .paths import cache_dir
from .terms import DATA_TERMS, LICENCE, SOURCES

OPSET = 17


def load_average(model: str, net: nn.Module, name: str = "") -> nn.Module:
    """The averaged weights of a fit, ready for inference."""
    kept = torch.load(cache_dir("fits") / f"{model}{name}.pt", map_location="cpu")
    net.load_state_dict(kept["average"])
    print(f"{model}: step {kept['step']}, {kept['spent_s'] / 60:.0f} min")
    return net.eval()


def export(net: nn.Module, shape: tuple[int, ...] | dict[str, tuple[int, ...]], outputs: list[str], path: Path) -> None:
    """Writes `path` (dynamic batch, opset 17, one file) and compares ONNX Runtime with PyTorch. `shape` is that of the
    input "image", without the batch, or those of several inputs by name."""
    shapes = shape if isinstance(shape, dict) else {"image": shape}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        torch.onnx.export(net, tuple(torch.zeros(1, *s) for s in shapes.values()), str(path), input_names=list(shapes),
                          output_names=outputs, dynamic_axes={n: {0: "batch"} for n in [*shapes, *outputs]},
                          opset_version=OPSET, dynamo=False)
    model = onnx.load(str(path))
    onnx.checker.check_model(model)
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch in (1, 3):
        gen = torch.Generator().manual_seed(batch)
        x = {name: torch.randn(batch, *s, generator=gen) for name, s in shapes.items()}
        with torch.no_grad():
            want = net(*x.values())
        want = want if isinstance(want, tuple) else (want,)
        got = session.run(None, {name: value.numpy() for name, value in x.items()})
        for name, a, b in zip(outputs, want, got):
            assert a.shape == b.shape, f"{name}: {a.shape} against {b.shape}"
            np.testing.assert_allclose(b, a.numpy(), rtol=1e-3, atol=1e-3, err_msg=name)
    print(f"{path.name}: {path.stat().st_size / 1e6:.2f} MB, {sum(p.numel() for p in net.parameters())} parameters")


def entry(model_id: str, task: str, image: dict[str, Any], outputs: list[dict[str, Any]], params: dict[str, Any],
          terms: str = DATA_TERMS, sources: list[str] = SOURCES) -> None:
    """Writes the manifest entry (fields: src/engine/manifest.rs); figures of an earlier file go with it, its calibration
    stays until it is fitted anew."""
    try:
        kept = {"calibration": read_entry(model_id)["calibration"]}
        print(f"{model_id}: the calibration of the earlier file is kept; fit it again on the new one")
    except KeyError:
        kept = {}
    write_entry({
        "id": model_id, "version": 1, "task": task, "kind": "onnx", "file": f"{model_id}.onnx", "sha256": "", "licence": LICENCE,
        "data_terms": terms, "sources": sources, "card": f"{model_id}.card.md", "opset": OPSET,
        "input": image, "outputs": outputs, "params": params, **kept})
