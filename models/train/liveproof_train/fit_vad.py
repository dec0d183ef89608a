"""Fits the voice-activity net on rendered scenes; resumes from its last checkpoint."""
from __future__ import annotations

import argparse
import time
from pathlib import Path

import numpy as np
import torch

from . import paths
from .net_vad import VadNet, parameters

BATCH = 32
HELD_OUT = 0.05  # of the scenes: watches for overfitting; real `val` recordings stay unseen


def batches(count: int, rng: np.random.Generator):
    order = rng.permutation(count)
    for first in range(0, count - BATCH + 1, BATCH):
        yield np.sort(order[first : first + BATCH])


def masked(features: np.ndarray, rng: np.random.Generator) -> np.ndarray:
    """Scene features with random bands dropped to the scene's mean in a third of the scenes."""
    out = features.astype(np.float32)
    for scene in out:
        if rng.random() < 0.33:
            low = rng.integers(0, 36)
            scene[:, low : low + rng.integers(1, 5)] = scene.mean()
    return out


def held_out_f1(net: VadNet, features, labels, weights) -> float:
    net.eval()
    both = hit = 0.0
    with torch.no_grad():
        for first in range(0, len(features), BATCH):
            x = torch.from_numpy(features[first : first + BATCH].astype(np.float32))[:, None]
            said = net(x).numpy() > 0.5
            want, sure = labels[first : first + BATCH], weights[first : first + BATCH] > 0
            hit += 2.0 * (said & want & sure).sum()
            both += (said & sure).sum() + (want & sure).sum()
    net.train()
    return hit / max(both, 1.0)


def fit(budget_min: float, seed: int, threads: int, pack_seed: int) -> Path:
    torch.manual_seed(seed)
    torch.set_num_threads(threads)
    rng = np.random.default_rng(seed)
    pack = np.load(paths.cache_dir("vad") / f"scenes-{pack_seed}.npz")
    features, labels, weights = pack["features"], pack["labels"], pack["weights"]
    split = int(len(features) * (1 - HELD_OUT))
    net = VadNet()
    folder = paths.cache_dir("vad", "fit")
    state_path = folder / f"state-{seed}.pt"
    optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3, weight_decay=1e-3)
    spent, step = 0.0, 0
    if state_path.exists():
        state = torch.load(state_path, weights_only=True)
        net.load_state_dict(state["net"])
        optimiser.load_state_dict(state["optimiser"])
        spent, step = state["spent_s"], state["step"]
    print(f"{parameters(net)} parameters, {split} scenes, {spent:.0f} s done", flush=True)
    saved = time.process_time()
    while spent < budget_min * 60:
        for index in batches(split, rng):
            begun = time.process_time()
            done = min(1.0, spent / (budget_min * 60))
            for group in optimiser.param_groups:  # warm up, then cosine over the budget
                # a plain float: the state file is read back without NumPy's types
                group["lr"] = float(3e-3 * min(1, (step + 1) / 100) * (0.02 + 0.49 * (1 + np.cos(np.pi * done))))
            x = torch.from_numpy(masked(features[index], rng))[:, None]
            want = torch.from_numpy(labels[index].astype(np.float32))
            sure = torch.from_numpy(weights[index].astype(np.float32))
            with torch.autocast("cpu", dtype=torch.bfloat16):  # 1.6 times as fast where AMX is
                logits = net.logits(x)
            loss = torch.nn.functional.binary_cross_entropy_with_logits(
                logits.float(), want, sure, reduction="sum") / sure.sum().clamp(min=1)
            optimiser.zero_grad(set_to_none=True)
            loss.backward()
            optimiser.step()
            step += 1
            spent += time.process_time() - begun
            if step % 100 == 0:
                print(f"step {step} {spent:.0f} cpu s loss {loss.item():.4f}", flush=True)
            if time.process_time() - saved > 120:
                saved = time.process_time()
                torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(),
                            "spent_s": spent, "step": step}, state_path)
            if spent >= budget_min * 60:
                break
        f1 = held_out_f1(net, features[split:], labels[split:], weights[split:])
        print(f"held-out scenes: F1 {f1:.4f} ({spent:.0f} cpu s)", flush=True)
    out = folder / "vad.pt"
    torch.save(net.state_dict(), out)
    torch.save({"net": net.state_dict(), "optimiser": optimiser.state_dict(),
                "spent_s": spent, "step": step}, state_path)
    return out


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--budget-min", type=float, default=5.5, help="CPU minutes, all threads summed")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--pack-seed", type=int, default=1)
    parser.add_argument("--device", choices=["cpu"], default="cpu", help="a GPU would gain nothing here")
    given = parser.parse_args()
    print(fit(given.budget_min, given.seed, given.threads, given.pack_seed))
