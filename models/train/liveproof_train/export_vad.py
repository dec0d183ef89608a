"""Exports the fitted voice-activity net to ONNX and writes its manifest entry."""
from __future__ import annotations

import numpy as np
import onnx
import onnxruntime
import torch

from . import paths
from .audio_features import BANDS, HIGH_HZ, HOP, LOW_HZ, RATE_HZ, SCALE, SHIFT, WINDOW
from .manifest import write_entry
from .net_vad import LEFT, RIGHT, VadNet, parameters

ONNX = paths.MODELS_DIR / "vad-1.onnx"
DATA_TERMS = (
    "Fitted on speech of third parties whose terms do not allow it to be passed on (talking clips and "
    "meeting excerpts found in public repositories, several with unclear rights) and on espeak-ng "
    "voices. No recording is included. Retrain with models/train/run vad on your own recordings for "
    "weights with clean terms."
)
SOURCES = ["public talking-head clips (GRID and demo clips of research repositories)",
           "meeting excerpts and a read text from the test data of pyannote-audio and silero-vad",
           "espeak-ng voices", "generated noise"]


def export() -> None:
    torch.manual_seed(0)
    net = VadNet()
    net.load_state_dict(torch.load(paths.cache_dir("vad", "fit") / "vad.pt", weights_only=True))
    net.eval()
    example = torch.randn(2, 1, 200, BANDS)
    torch.onnx.export(
        net, (example,), str(ONNX), opset_version=17, input_names=["logmel"], output_names=["speech"],
        dynamic_axes={"logmel": {0: "n", 2: "t"}, "speech": {0: "n", 1: "t"}}, dynamo=False)
    model = onnx.load(str(ONNX))
    onnx.checker.check_model(model, full_check=True)
    session = onnxruntime.InferenceSession(str(ONNX), providers=["CPUExecutionProvider"])
    for n, t in ((1, 1), (1, 204), (3, 333)):
        x = torch.randn(n, 1, t, BANDS)
        got = session.run(["speech"], {"logmel": x.numpy()})[0]
        with torch.no_grad():
            worst = float(np.abs(got - net(x).numpy()).max())
        assert got.shape == (n, t) and worst < 1e-4, (got.shape, worst)
    print(f"{ONNX.name}: {parameters(net)} parameters, {ONNX.stat().st_size} bytes")
    write_entry({
        "id": "vad-1", "version": 1, "task": "vad", "kind": "onnx", "file": ONNX.name,
        "licence": "MIT OR Apache-2.0", "data_terms": DATA_TERMS, "sources": SOURCES,
        "card": "vad-1.card.md", "opset": 17,
        "input": {"name": "logmel", "layout": "N1TF", "shape": [-1, 1, -1, BANDS], "params": {
            "rate_hz": RATE_HZ, "hop_samples": HOP, "window_samples": WINDOW, "low_hz": LOW_HZ,
            "high_hz": HIGH_HZ, "shift": SHIFT, "scale": SCALE, "context_left_hops": LEFT,
            "context_right_hops": RIGHT,
            "note": "(ln(band energy + 1e-9) + shift) / scale; formulas in models/train/README.md"}},
        "outputs": [{"name": "speech", "shape": [-1, -1], "meaning": "speech probability 0..1 of each 10 ms hop"}],
    })


if __name__ == "__main__":
    export()
