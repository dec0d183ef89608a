"""Head pose of a teacher mesh: the rotation that fits the mean face onto it.

Axes: x to the image's right, y down, z away from the camera. Pitch 0 means that the line from the
top of the forehead (mesh 10) to the chin (mesh 152) of the mean face is parallel to the picture.
"""
from __future__ import annotations

import numpy as np

from .labels import stills
from .paths import cache_dir


def fit_rotation(reference: np.ndarray, mesh: np.ndarray) -> np.ndarray:
    """Rotation of the least-squares similarity from `reference` to `mesh` (Umeyama 1991)."""
    a, b = reference - reference.mean(0), mesh - mesh.mean(0)
    u, _, vt = np.linalg.svd(b.T @ a)
    return u @ np.diag([1, 1, np.sign(np.linalg.det(u @ vt))]) @ vt


def mean_mesh() -> np.ndarray:
    """The mean face, symmetric and upright; cached. Fitted on train stills."""
    path = cache_dir("packs") / "mean_mesh.npy"
    if path.exists():
        return np.load(path)
    order = np.load(cache_dir("labels") / "mirror_order.npy")
    meshes = [f.mesh for _, faces in stills("train") for f in faces if f.flip_error < 1][:1500]
    shapes = np.stack([(m - m.mean(0)) / np.linalg.norm(m - m.mean(0)) for m in meshes])
    mean = shapes.mean(0)
    for _ in range(6):
        mean = np.mean([s @ fit_rotation(mean, s) for s in shapes], axis=0)
        mirrored = mean[order] * np.array([-1, 1, 1])
        mean = (mean + mirrored @ fit_rotation(mean, mirrored)) / 2
    # upright: the symmetry axis is x (mirroring above), forehead-to-chin has no z component
    down = mean[152] - mean[10]
    tilt = np.arctan2(down[2], down[1])
    c, s = np.cos(tilt), np.sin(tilt)
    mean = mean @ np.array([[1, 0, 0], [0, c, s], [0, -s, c]]).T
    np.save(path, mean)
    return mean


def face_axes(reference: np.ndarray, mesh: np.ndarray) -> np.ndarray:
    """[2, 3]: where the face looks (towards the camera when frontal) and its own x axis."""
    rotation = fit_rotation(reference, mesh)
    return np.stack((-rotation[:, 2], rotation[:, 0]))


def angles(axes: np.ndarray) -> np.ndarray:
    """Yaw (positive: turned to the image's right), pitch (positive: up), roll (positive:
    clockwise on the screen) in degrees from [..., 2, 3] axes."""
    look, side = axes[..., 0, :], axes[..., 1, :]
    yaw = np.arctan2(look[..., 0], -look[..., 2])
    pitch = np.arcsin(np.clip(-look[..., 1], -1, 1))
    roll = np.arctan2(side[..., 1], side[..., 0])
    return np.degrees(np.stack((yaw, pitch, roll), -1))
