"""What the features of the artifact net are called: residual planes, regions of the face, statistics. No torch."""
from __future__ import annotations

# Regions in face coordinates u, v (the landmarks' box is -1..1 in both): centre u, v, half width, half height
BOXES = {
    "forehead": (0.0, -0.72, 0.55, 0.17), "eyes": (0.0, -0.18, 0.8, 0.22), "nose": (0.0, 0.12, 0.22, 0.2),
    "cheeks": (0.0, 0.22, 0.8, 0.22), "mouth": (0.0, 0.55, 0.4, 0.25), "chin": (0.0, 0.85, 0.35, 0.1),
}
REGIONS = ("inside", "border_up", "border_down", "ring", *BOXES)
STATISTICS = ("size", "spread", "peak")
# Residuals of brightness (y) and of the two colour differences (b, r)
PLANES = {
    "y": ("across", "down", "cross", "wide", "step_x", "step_y", "fine", "middle", "cross_2px"),
    "b": ("cross", "middle"),
    "r": ("cross", "middle"),
}


def feature_names() -> list[str]:
    """Names of the features, in order."""
    each = [f"{c}_{p}.{s}" for c, planes in PLANES.items() for p in planes for s in STATISTICS] + [f"{c}_level.spread" for c in PLANES]
    return [f"{r}:{e}" for r in REGIONS for e in each] + ["box_width", "box_height"]
