"""What every fit shares: options, schedule, averaged weights, checkpoints that it resumes from."""
from __future__ import annotations

import argparse
import copy
import math
import time
from pathlib import Path
from typing import Callable

import cv2
import torch
from torch import nn

from .paths import cache_dir


def options(doc: str, steps: int, batch: int, rate: float) -> argparse.Namespace:
    """Command line of a fit."""
    parser = argparse.ArgumentParser(description=doc.splitlines()[0])
    parser.add_argument("--device", default="cuda" if torch.cuda.is_available() else "cpu")
    parser.add_argument("--budget-min", type=float, default=60.0, help="the schedule ends after so many minutes, all runs together")
    parser.add_argument("--steps", type=int, default=steps, help="the schedule ends after so many steps, if that comes first")
    parser.add_argument("--batch", type=int, default=batch)
    parser.add_argument("--rate", type=float, default=rate)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--fresh", action="store_true", help="do not resume")
    parser.add_argument("--warm", type=Path, help="start from the weights of this checkpoint, with a new schedule")
    parser.add_argument("--name", default="", help="suffix of the checkpoint, for trials side by side")
    return parser.parse_args()


class Fit:
    """A net, its optimiser, its moving average and its place in the schedule."""

    def __init__(self, model: str, net: nn.Module, args: argparse.Namespace):
        torch.manual_seed(args.seed)
        torch.set_num_threads(args.threads)
        cv2.setNumThreads(1)  # small pictures: its threads cost more than they bring
        self.args, self.net = args, net.to(args.device).to(memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).eval()
        decay = [p for p in net.parameters() if p.ndim > 1]
        rest = [p for p in net.parameters() if p.ndim <= 1]
        self.optimiser = torch.optim.AdamW([{"params": decay, "weight_decay": 0.02}, {"params": rest, "weight_decay": 0.0}],
                                           lr=args.rate, betas=(0.9, 0.99))
        self.step, self.spent_s = 0, 0.0
        self.file = cache_dir("fits") / f"{model}{args.name}.pt"
        if args.warm and (args.fresh or not self.file.exists()):
            self.net.load_state_dict(torch.load(args.warm, map_location=args.device)["average"])
            self.average.load_state_dict(self.net.state_dict())
        elif self.file.exists() and not args.fresh:
            kept = torch.load(self.file, map_location=args.device)
            self.net.load_state_dict(kept["net"])
            self.average.load_state_dict(kept["average"])
            self.optimiser.load_state_dict(kept["optimiser"])
            self.step, self.spent_s = kept["step"], kept["spent_s"]
            print(f"resuming at step {self.step}, {self.spent_s / 60:.1f} min spent", flush=True)

    def save(self) -> None:
        """Writes the checkpoint in one step."""
        part = self.file.with_suffix(".part")
        torch.save({"net": self.net.state_dict(), "average": self.average.state_dict(),
                    "optimiser": self.optimiser.state_dict(), "step": self.step, "spent_s": self.spent_s}, part)
        part.rename(self.file)

    def progress(self) -> float:
        """0 at the start of the schedule, 1 at its end."""
        return max(self.spent_s / 60 / self.args.budget_min, self.step / self.args.steps)

    def blend(self) -> None:
        """Moves the averaged weights towards the current ones."""
        keep = min(0.998, (1 + self.step) / (20 + self.step))
        with torch.no_grad():
            for a, b in zip(self.average.state_dict().values(), self.net.state_dict().values()):
                a.lerp_(b, 1 - keep) if a.dtype.is_floating_point else a.copy_(b)

    def run(self, loss_of: Callable[[nn.Module], tuple[torch.Tensor, dict[str, float]]],
            validate: Callable[[nn.Module], str], every: int = 250) -> None:
        """Steps until the schedule ends. `loss_of` draws a batch and returns loss and parts."""
        self.net.train()
        sums: dict[str, float] = {}
        since = 0
        start = time.time()
        while self.progress() < 1:
            begin, p = time.time(), self.progress()
            rate = self.args.rate * min(1, (self.step + 1) / 100) * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * p)))
            for group in self.optimiser.param_groups:
                group["lr"] = rate
            loss, parts = loss_of(self.net)
            self.optimiser.zero_grad(set_to_none=True)
            loss.backward()
            nn.utils.clip_grad_norm_(self.net.parameters(), 5.0)
            self.optimiser.step()
            self.step += 1
            self.blend()
            self.spent_s += time.time() - begin
            since += 1
            for key, value in parts.items():
                sums[key] = sums.get(key, 0.0) + value
            if since == every or self.progress() >= 1:
                shown = " ".join(f"{k} {v / since:.4f}" for k, v in sums.items())
                speed = since * self.args.batch / (time.time() - start)
                print(f"step {self.step} {p:.0%} {shown} | {validate(self.average)} | {speed:.0f}/s", flush=True)
                self.save()
                sums, since, start = {}, 0, time.time()
