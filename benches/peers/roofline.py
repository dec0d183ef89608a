"""How near each net comes to what one core can do: operations and bytes of a run against this core's measured peaks.

    python benches/peers/roofline.py [--models models] [--cpu 0] [--json FILE]      needs onnx, onnxruntime, numpy

Operations are two for each multiply-and-add of a convolution or product of matrices; the rest of a net (activations, pooling,
statistics) is counted as bytes alone. Bytes are the weights once and each tensor between nodes written once and read once: what
would pass through memory if nothing stayed in a cache, so the least time by bytes is an upper bound of what memory can cost.
Peaks: the best of several products of 384 x 384 matrices by the same ONNX Runtime on one thread, and of copies of 64 MiB.
"""
from __future__ import annotations

import os

for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"):
    os.environ[name] = "1"
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

import argparse
import json
import pathlib
import time

import numpy as np
import onnx
import onnxruntime as ort

# One run as the service makes it: batch of one; vad-1 looks at two seconds at a time.
RUNS = {"det-1": {}, "lmk-1": {}, "artifact-1": {}, "identity-1": {}, "seg-1": {}, "occ-1": {}, "vad-1": {"t": 204}}


def best_of(run, rounds: int) -> float:
    """Least seconds of several runs."""
    times = []
    for _ in range(rounds):
        began = time.perf_counter()
        run()
        times.append(time.perf_counter() - began)
    return min(times)


def single_threaded(model: str | bytes) -> ort.InferenceSession:
    options = ort.SessionOptions()
    options.intra_op_num_threads = options.inter_op_num_threads = 1
    return ort.InferenceSession(model, options, providers=["CPUExecutionProvider"])


def peaks() -> tuple[float, float]:
    """Operations and bytes a second of this core."""
    n = 384  # short enough not to be interrupted on a busy machine
    square = lambda name: onnx.helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, [n, n])
    constant = onnx.numpy_helper.from_array(np.random.default_rng(2).standard_normal((n, n), np.float32), "b")
    graph = onnx.helper.make_graph([onnx.helper.make_node("MatMul", ["a", "b"], ["c"])], "product", [square("a")], [square("c")], [constant])
    model = onnx.helper.make_model(graph, opset_imports=[onnx.helper.make_opsetid("", 17)], ir_version=8)
    session, feeds = single_threaded(model.SerializeToString()), {"a": np.random.default_rng(1).standard_normal((n, n), np.float32)}
    operations = 2 * n**3 / best_of(lambda: session.run(None, feeds), 500)
    block = np.ones(64 << 20, np.uint8)
    to = np.empty_like(block)
    bytes_s = 2 * block.nbytes / best_of(lambda: np.copyto(to, block), 20)
    return operations, bytes_s


def shapes_of(model: onnx.ModelProto, sizes: dict[str, int]) -> dict[str, list[int]]:
    """Shape of every tensor with the free axes filled in."""
    for value in model.graph.input:
        for axis in value.type.tensor_type.shape.dim:
            if axis.dim_param or not axis.dim_value:
                axis.dim_value = sizes.get(axis.dim_param, 1)
    whole = onnx.shape_inference.infer_shapes(model, strict_mode=False, data_prop=True).graph
    found = {t.name: list(t.dims) for t in whole.initializer}
    for value in (*whole.input, *whole.value_info, *whole.output):
        found[value.name] = [d.dim_value or 1 for d in value.type.tensor_type.shape.dim]
    return found


def operations(node: onnx.NodeProto, shapes: dict[str, list[int]]) -> int:
    out = int(np.prod(shapes.get(node.output[0], [0])))
    if node.op_type == "Conv":
        weight = shapes[node.input[1]]
        return 2 * out * int(np.prod(weight[1:]))
    if node.op_type == "ConvTranspose":
        weight = shapes[node.input[1]]
        return 2 * int(np.prod(shapes[node.input[0]])) * int(np.prod(weight[1:]))
    if node.op_type in ("Gemm", "MatMul"):
        inner = shapes[node.input[0]]
        transposed = any(a.name == "transA" and a.i for a in node.attribute)
        return 2 * out * (inner[-2] if transposed else inner[-1])
    return 0


def net(path: pathlib.Path, sizes: dict[str, int], cpu_peak: float, memory_peak: float) -> dict:
    model = onnx.load(str(path))
    shapes = shapes_of(model, sizes)
    size = lambda name: 4 * int(np.prod(shapes[name])) if name in shapes else 0
    weights = {t.name for t in model.graph.initializer}
    flops = sum(operations(n, shapes) for n in model.graph.node)
    moved = sum(size(w) for w in weights)
    moved += sum(size(name) for n in model.graph.node for name in (*n.input, *n.output) if name not in weights)
    session = single_threaded(str(path))
    rng = np.random.default_rng(3)
    feeds = {i.name: rng.uniform(-1, 1, shapes[i.name]).astype(np.float32) for i in session.get_inputs()}
    for _ in range(10):
        session.run(None, feeds)
    seconds = best_of(lambda: session.run(None, feeds), 100)
    return {"mflop": flops / 1e6, "mb": moved / 1e6, "ms": 1e3 * seconds, "gflop_s": flops / seconds / 1e9,
            "share_of_peak": flops / seconds / cpu_peak, "least_ms_by_operations": 1e3 * flops / cpu_peak,
            "least_ms_by_bytes": 1e3 * moved / memory_peak}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--models", type=pathlib.Path, default=pathlib.Path("models"))
    parser.add_argument("--cpu", type=int)
    parser.add_argument("--json", type=pathlib.Path)
    args = parser.parse_args()
    if args.cpu is not None:
        os.sched_setaffinity(0, {args.cpu})
    cpu_peak, memory_peak = peaks()
    print(f"one core: {cpu_peak / 1e9:.0f} GFLOP/s (float32 product of matrices), {memory_peak / 1e9:.1f} GB/s (copy, read and written)\n")
    print("| net | MFLOP a run | MB at most | ms (least of 100) | GFLOP/s | share of the core's peak | least ms by operations | at most ms by bytes |")
    print("|---|---|---|---|---|---|---|---|")
    found = {"gflop_s": cpu_peak / 1e9, "gb_s": memory_peak / 1e9, "nets": {}}
    for name, sizes in RUNS.items():
        r = found["nets"][name] = net(args.models / f"{name}.onnx", sizes, cpu_peak, memory_peak)
        print(f"| {name} | {r['mflop']:.0f} | {r['mb']:.1f} | {r['ms']:.2f} | {r['gflop_s']:.0f} | {100 * r['share_of_peak']:.0f} % | "
              f"{r['least_ms_by_operations']:.2f} | {r['least_ms_by_bytes']:.2f} |")
    if args.json:
        args.json.write_text(json.dumps(found, indent=1) + "\n")


if __name__ == "__main__":
    main()
