"""Chooses, judges, calibrates and exports the artifact net: models/artifact-1.onnx with manifest entry and card.

    python -m liveproof_train.export_artifact                 # the shipped net, and the report
    python -m liveproof_train.export_artifact --folds         # also the nets of the five folds, in the cache
"""
from __future__ import annotations

import argparse
import json
import time
from dataclasses import asdict, dataclass
from pathlib import Path

import numpy as np
import torch
from sklearn.linear_model import LogisticRegression
from torch import nn

from . import conformal
from .artifact_discriminant import (ABLATIONS, FOLDS, NAMES, Data, Discriminant, Settings, choose, figures, fit, held_out,
                                    nested)
from .artifact_card import card, line
from .artifact_drawn import Drawn, JudgedDrawn, drawn_groups, filmed_groups, fit_drawn, judge_drawn
from .artifact_made import MOST_LLR, JudgedMade, Made, fit_made, groups, judge_made, people_of
from .artifact_onset import ONSETS, JudgedOnset, Onset, clip_moments, coded_moments, fit_onset, judge_onset, marked
from .artifact_reference import FACE, MARGIN, SURROUND, Judged, ReferenceNet, fit_reference, judge
from .card import section_of, write_card
from .exporting import OPSET
from .intervals import earned_cap
from .manifest import _table, sha256_of, update_metrics, write_entry
from .native import ART_PX, ART_SCALE
from .net_statistics import RegionStatistics
from .paths import MODELS_DIR, cache_dir
from .pooling import trimmed_mean
from .terms import ARTIFACT_TERMS, LICENCE

MODEL = "artifact-1"
REGIONS = tuple(dict.fromkeys(n.split(":")[0] for n in NAMES if ":" in n)) + ("box",)
SEGMENT_S, MIN_PICTURES = 3.0, 4
# One swap tool was seen. How many swaps are made with tools that leave other traces is not known: half is assumed,
# so that a face without the known traces at best halves the odds
KNOWN_SHARE = 0.5
SOURCES = ["live_swap pairs: DeepFaceLive documentation clips", "ASL webcam clips",
           "public talking-head clips (GRID and demo clips of research repositories)",
           "LFW deep-funneled, UTKFace and CIPLAB stills (donors of pseudo-fakes, people)"]
FAMILIAR = 0.99    # share of the known segments that lie within the limit of distance
GATES = {"min_face_px": 60.0, "full_face_px": 110.0, "min_sharpness": 4.0, "min_luma": 40.0, "max_luma": 235.0,
         "max_yaw_deg": 45.0, "min_pictures": MIN_PICTURES, "full_pictures": 10}


class Served(nn.Module):
    """The exported graph: statistics, standardised, and their linear read-outs."""

    def __init__(self, d: Discriminant, r: ReferenceNet, m: Made, o: Onset, n: Drawn):
        super().__init__()
        self.statistics = RegionStatistics()
        shares = np.zeros((len(NAMES), len(REGIONS)))
        for i, name in enumerate(NAMES):
            shares[i, REGIONS.index(name.split(":")[0] if ":" in name else "box")] = d.weight[i]
        for name, value in (("mean", d.mean), ("scale", d.scale), ("shares", shares), ("components", d.components.T),
                            ("direction", r.direction[:, None]), ("changes", r.change.T), ("surroundings", r.surround.T),
                            ("made", m.weight), ("made_bias", m.bias), ("onsets", o.weight), ("drawn", n.weight[:, None]), ("drawn_bias", n.bias)):
            self.register_buffer(name, torch.tensor(value, dtype=torch.float32))

    def forward(self, image: torch.Tensor, face: torch.Tensor) -> tuple[torch.Tensor, ...]:
        z = (self.statistics(image, face) - self.mean) / self.scale
        regions = z @ self.shares
        return (regions.sum(1, keepdim=True), z @ self.components, regions,
                z @ self.direction, z @ self.changes, z @ self.surroundings, self.any_kind(z), z @ self.onsets, z @ self.drawn + self.drawn_bias)

    def any_kind(self, z: torch.Tensor) -> torch.Tensor:
        """artifact_made.mixed of the kinds' ratios; far beyond what was measured none of them grows further."""
        llr = (z @ self.made + self.made_bias).clamp(-MOST_LLR, MOST_LLR)
        return torch.log(torch.exp(llr).mean(1, keepdim=True))


def export(d: Discriminant, r: ReferenceNet, m: Made, o: Onset, n: Drawn, path: Path) -> None:
    """Writes one ONNX file (dynamic batch) and compares ONNX Runtime with PyTorch."""
    import onnx
    import onnxruntime as ort

    net = Served(d, r, m, o, n).eval()
    image, face = torch.zeros(1, 3, ART_PX, ART_PX), torch.tensor([[0.5, 0.5, 0.45, 0.6]])
    outputs = ["logit", "embedding", "regions", "reference", "change", "surround", "made", "onset", "drawn"]
    torch.onnx.export(net, (image, face), str(path), input_names=["image", "face"], output_names=outputs, opset_version=OPSET,
                      dynamo=False, dynamic_axes={n: {0: "batch"} for n in ("image", "face", *outputs)})
    onnx.checker.check_model(onnx.load(str(path)))
    session = ort.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    for batch in (1, 3):
        generator = torch.Generator().manual_seed(batch)
        x = (torch.randn(batch, 3, ART_PX, ART_PX, generator=generator) * 0.3).clamp(-1, 1)
        f = torch.tensor([[0.5, 0.5, 0.45, 0.6]]).repeat(batch, 1)
        with torch.no_grad():
            want = net(x, f)
        got = session.run(None, {"image": x.numpy(), "face": f.numpy()})
        for name, a, b in zip(outputs, want, got):
            np.testing.assert_allclose(b, a.numpy(), rtol=1e-3, atol=2e-3 * max(1.0, float(a.abs().max())), err_msg=name)
    for value in (-1.0, 0.0):  # a black or flat picture, and a box without a size: finite all the same
        out = session.run(None, {"image": np.full((1, 3, ART_PX, ART_PX), value, np.float32), "face": np.zeros((1, 4), np.float32)})
        assert all(np.isfinite(o).all() for o in out), f"not finite on a picture of {value}"


@dataclass
class Segment:
    clip: str
    fake: bool
    score: float
    distance: float
    made: float = 0.0


def segments(data: Data, d: Discriminant, name: str, made: Made | None = None) -> list[Segment]:
    """Scores of a clip's segments, pooled as the service pools them."""
    x, at = data.features[name]["plain"], data.features[name]["time_s"]
    out = []
    for i in range(int(at.max() // SEGMENT_S) + 1):
        rows = x[(at >= i * SEGMENT_S) & (at < (i + 1) * SEGMENT_S)]
        if len(rows) >= MIN_PICTURES:
            out.append(Segment(name, data.rows[name]["label"] == "fake", trimmed_mean(d.score(rows)),
                               float(np.square(d.embed(rows).mean(0)).mean()), trimmed_mean(made.score(d, rows)) if made else 0.0))
    return out


def calibrate(found: list[Segment]) -> dict[str, float]:
    """Logistic calibration of segment scores: each clip counts the same, both classes count the same."""
    counts: dict[str, int] = {}
    for s in found:
        counts[s.clip] = counts.get(s.clip, 0) + 1
    fakes = {s.clip for s in found if s.fake}
    weight = np.array([1 / counts[s.clip] / (len(fakes) if s.fake else len(counts) - len(fakes)) for s in found])
    model = LogisticRegression(C=1e6).fit(np.array([[s.score] for s in found]), [s.fake for s in found],
                                          sample_weight=weight * len(found))
    return {"slope": float(model.coef_[0, 0]), "offset": float(model.intercept_[0])}


def tempered(llr: np.ndarray, known: float = KNOWN_SHARE) -> np.ndarray:
    """ln(p exp(llr) + 1 - p): see `tempered` in src/analyze/face_swap/settings.rs."""
    return np.log(known * np.exp(llr) + 1 - known)


def mixture(s: Segment, calibration: dict[str, float], cap: float, made: dict[str, float]) -> float:
    """A segment's log-likelihood ratio: see `segment_llr` in src/analyze/face_swap/settings.rs."""
    seen = np.clip(tempered(calibration["slope"] * s.score + calibration["offset"]), -cap, cap)
    other = np.clip(made["slope"] * s.made + made["offset"], made["floor"], made["cap"])
    return float(np.log(np.exp(seen) + made["share"] * (np.exp(other) - 1)))


def clip_means(rows: list[conformal.Scored], data: Data) -> dict[str, float]:
    """Mean log-likelihood ratio of each clip of the pairs."""
    kept: dict[str, list[float]] = {}
    for r in rows:
        if data.rows[r.clip]["split"] == "pairs":
            kept.setdefault(r.clip, []).append(r.llr)
    return {clip: float(np.mean(v)) for clip, v in kept.items()}


def speed_ms(path: Path) -> float:
    """Median time of one picture, one thread, CPU time."""
    import onnxruntime as ort

    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    session = ort.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
    feed = {"image": np.zeros((1, 3, ART_PX, ART_PX), np.float32), "face": np.array([[0.5, 0.5, 0.45, 0.6]], np.float32)}
    spent = []
    for _ in range(60):
        begin = time.process_time()
        session.run(None, feed)
        spent.append(time.process_time() - begin)
    return 1e3 * float(np.median(spent))


def ablations(data: Data, base: Settings) -> list[tuple[str, dict[str, float]]]:
    """What each mechanism adds: every row is out of fold, with fixed settings (not chosen anew)."""
    rows = [("base (the shipped settings)", held_out(data, base)),
            ("base, streamer and person model unseen", held_out(data, base, strict=True))]
    for name, keep in ABLATIONS.items():
        rows.append((name, held_out(data, base, keep=keep)))
    for name, change in {"without chained copies": {"chains": False}, "without other real clips": {"reals": 0.0},
                         "without either": {"chains": False, "reals": 0.0}}.items():
        rows.append((name, held_out(data, Settings(**{**asdict(base), **change}))))
    for name, change in {"with 2,100 stills in the covariance, share 0.2": {"stills": 0.2}, "ratios of moments only": {"features": "ratios"},
                         "without pseudo-fakes": {"forged": 0.0}}.items():
        rows.append((name, held_out(data, Settings(**{**asdict(base), **change}))))
    every = ("self_blended", "realtime_paste", "mouth_only", "head_warp", "cross_identity", "decoder")
    packed = {part.split(":")[1] for kept in data.features.values() for part in kept if part.startswith("fake:")}
    for weight in (0.25, 1.0):
        for families in (*((f,) for f in every), every):
            if not set(families) <= packed:
                continue   # the row would be that without pseudo-fakes under another name
            settings = Settings(**{**asdict(base), "forged": weight, "families": families})
            rows.append((f"pseudo-fakes {' + '.join(families) if len(families) < 6 else 'of all six families'}, weight {weight}",
                         held_out(data, settings)))
    rows.append(("face painted over (leak check; fit on whole faces)", held_out(data, base, part="greyed")))
    return [(name, figures(scores, data.rows)) for name, scores in rows]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--folds", action="store_true", help="write the nets and overlays of the folds")
    parser.add_argument("--only-folds", action="store_true", help="and nothing else")
    parser.add_argument("--keep-ablations", action="store_true", help="leave the card's table of ablations as it was measured before")
    args = parser.parse_args()
    data = Data.load()
    scores, chosen, fits = nested(data)
    result = figures(scores, data.rows)
    print("nested, out of fold:", *line(result), {f: (s.features, s.shrinkage, s.reals) for f, s in chosen.items()})
    if args.only_folds:
        return export_folds(data, chosen, fits)
    large = {n: s for n, s in scores.items() if data.rows[n]["face_px"] >= 140}
    half = figures(large, data.rows) if len(set(data.rows[n]["label"] for n in large)) == 2 else None
    base = choose(data, list(data.pairs()))
    shipped = fit(data, list(data.pairs()), base)
    found = [s for n in scores for s in segments(data, fits[data.rows[n]["fold"]], n)]
    val = [s for n, r in data.rows.items() if r["split"] == "val" for s in segments(data, shipped, n)]
    calibration = calibrate(found + val)
    cap = earned_cap(result["auc_low"])
    known, limit = np.array([s.distance for s in found + val]), limits(found + val)
    llr = tempered(calibration["slope"] * np.array([s.score for s in val]) + calibration["offset"])
    against = fit_reference(data, list(data.pairs()), shipped)
    compared = judge(data, fits, against)
    print("reference mode, out of fold:", *line(compared.result), "gated:", *line(compared.gated), compared.calibration)
    flagged = float(np.mean(llr > np.log(2))), float(np.mean(llr > 0))
    print(f"segments: {len(found)} of pairs, {len(val)} of val; slope {calibration['slope']:.2f}, offset {calibration['offset']:.2f}, "
          f"cap {cap:.2f}; limits {limit} (distance: median {np.median(known):.2f}, largest {known.max():.2f}); "
          f"val segments with LLR > ln 2: {flagged[0]:.3f}, > 0: {flagged[1]:.3f}")
    every = groups(data)
    judged = judge_made(every, shipped, people_of(data, shipped))
    made = fit_made(every, shipped, people_of(data, shipped), judged)
    print("made kinds, unseen people:", judged)
    limit_s = compared.calibration["max_surround"]
    moments = coded_moments(every) + clip_moments(data, list(data.pairs()))
    began = judge_onset(moments, shipped, against, limit_s)
    onset = fit_onset(moments, shipped, began)
    at_val = marked(clip_moments(data, [], "val"), shipped, against, onset, began.calibration)
    print("onset, unseen people:", began, "val segments marked:", at_val)
    filmed, drawn = filmed_groups(data, every, list(data.pairs())), drawn_groups()
    told = judge_drawn(filmed, drawn, shipped)
    print("drawn faces, unseen people:", told.line())
    path = MODELS_DIR / f"{MODEL}.onnx"
    export(shipped, against, made, onset, fit_drawn(filmed, drawn, shipped), path)
    ms = speed_ms(path)
    by_fold = {f: fit_made(groups(data, without_fold=f), fits[f], people_of(data, fits[f]), judged) for f in FOLDS}
    whole = [s for n in scores for s in segments(data, fits[data.rows[n]["fold"]], n, by_fold[data.rows[n]["fold"]])]
    whole += [s for n, r in data.rows.items() if r["split"] == "val" for s in segments(data, shipped, n, made)]
    rows = conformal.scored(whole, data, lambda s: mixture(s, calibration, cap, judged.calibration))
    print("pairs, out of fold, by the whole likelihood ratio:", *line(figures(clip_means(rows, data), data.rows)), "; val segments above ln 2:",
          float(np.mean([r.llr > np.log(2) for r in rows if data.rows[r.clip]["split"] == "val"])))
    write_entry(manifest_entry(calibration, cap, result, limit, compared, judged, began, onset, told.limit, sets=conformal.table(rows)))
    abstaining = conformal.words(conformal.held_out(rows))
    metrics = {"pairs_auc": result["auc"], "pairs_auc_low": result["auc_low"], "pairs_auc_high": result["auc_high"],
               "pairs_ranked_right": result["pairs_right"], "pairs": result["pairs"], "streamers": result["streamers"],
               "val_segments": len(val), "val_segments_llr_above_0": flagged[1], "val_segments_llr_above_ln2": flagged[0],
               "ms_per_picture": ms}
    metrics |= {"reference_auc": compared.result["auc"], "reference_auc_low": compared.result["auc_low"],
                "reference_auc_high": compared.result["auc_high"], "reference_pairs_ranked_right": compared.result["pairs_right"]}
    if half:
        metrics |= {"pairs_auc_face_140px": half["auc"], "clips_face_140px": len(large)}
    update_metrics(MODEL, metrics)
    path = MODELS_DIR / f"{MODEL}.card.md"
    if args.keep_ablations:
        rows = section_of(path, "Ablations")
    else:
        rows = ablations(data, base)
        for name, f in rows:
            print(f"{name:64} {' '.join(line(f))}")
    write_card(path, f"{MODEL}: traces of a swapped face", card(
        result, half, len(large), rows, chosen, base, calibration, cap, limit, flagged, len(val), ms, compared, judged, began, at_val, told))
    conformal.add_to_card(path, abstaining)
    if args.folds:
        export_folds(data, chosen, fits)
    (cache_dir("evaluation", "artifact") / "out_of_fold.json").write_text(json.dumps(
        {"clips": scores, "figures": result, "chosen": {f: asdict(s) for f, s in chosen.items()}}, indent=1))


def manifest_entry(calibration: dict[str, float], cap: float, result: dict[str, float], limit: dict[str, float],
                   compared: Judged, judged: JudgedMade, began: JudgedOnset, onset: Onset, max_drawn: float, known_share: float = KNOWN_SHARE, sets: dict | None = None) -> dict:
    note = "(x / 255 - mean) / std; outside the frame is 0 before normalisation; formulas in models/train/README.md"
    return {
        "id": MODEL, "version": 1, "task": "face_swap", "kind": "onnx", "file": f"{MODEL}.onnx", "sha256": "",
        "licence": LICENCE, "data_terms": ARTIFACT_TERMS, "sources": SOURCES, "card": f"{MODEL}.card.md", "opset": OPSET,
        "input": [
            {"name": "image", "layout": "NCHW", "color": "RGB", "width": ART_PX, "height": ART_PX, "mean": [0.5] * 3,
             "std": [0.5] * 3, "crop": {"kind": "native_square", "scale": ART_SCALE}, "params": {"pad_value": 0.0, "note": note}},
            {"name": "face", "layout": "N4", "shape": [-1, 4],
             "params": {"note": "centre x, centre y, width, height of the landmarks' box, 0..1 of the crop"}}],
        "outputs": [
            {"name": "logit", "shape": [-1, 1], "meaning": "score of a picture, positive = like a swapped face; not calibrated"},
            {"name": "embedding", "shape": [-1, 64], "meaning": "first whitened principal components of the picture's statistics; "
             "the mean square is about 1 for material like that of the fit"},
            {"name": "regions", "shape": [-1, len(REGIONS)], "meaning": "shares of the logit by region, which sum to it: "
             + ", ".join(REGIONS)},
            {"name": "reference", "shape": [-1, 1], "meaning": "read-out to be differenced with that of a reference"},
            {"name": "change", "shape": [-1, int(FACE.sum())], "meaning": "whitened statistics of the face; the mean square of "
             "a difference is small where only time has passed"},
            {"name": "surround", "shape": [-1, SURROUND], "meaning": "whitened statistics outside the face: camera, codec and light"},
            {"name": "made", "shape": [-1, 1], "meaning": "score of a picture, positive = like a face that one of the recipe's forgery generators repainted (cross_identity, decoder); "
             "calibrated by segments"},
            {"name": "onset", "shape": [-1, len(ONSETS)], "meaning": "read-outs to be differenced with those of the segments before in the same interview; by kind: "
             + ", ".join(ONSETS)},
            {"name": "drawn", "shape": [-1, 1], "meaning": "whether the face is drawn: 0 like the filmed ones, 1 like those of the project's own drawer"}],
        "calibration": {"kind": "logistic", **calibration, "cap": cap, "known_share": known_share, "min_score": limit["min_score"],
                        "max_score": limit["max_score"], "auc": result["auc"], "auc_low": result["auc_low"],
                        "pairs": result["pairs"], "streamers": result["streamers"],
                        "note": "fitted on out-of-fold segment scores of the pairs and on val reals; cap = ln(auc_low / (1 - auc_low)), 0 below 0.60; "
                                "known_share: assumed share of swaps by tools that leave the traces of the one which was seen",
                        "reference": {**compared.calibration, "known_share": known_share,
                                      "cap": cap if known_share == 1 else earned_cap(compared.result["auc_low"])},
                        **({} if known_share == 1 else {"made": judged.calibration, "onset": {**began.calibration, "bias": [float(b) for b in onset.bias]}}), **({"conformal": sets} if sets else {})},
        "params": {**GATES, "max_distance": limit["max_distance"], "max_drawn": max_drawn, "regions": list(REGIONS)},
    }


def limits(found: list[Segment]) -> dict[str, float]:
    """Where an answer would be extrapolated: farther from the material of the fit than 99 in 100 known segments, or a score beyond what 99 in 100 show and half as far again, because the
    strongest swaps are the rarest."""
    scores = [s.score for s in found]
    return {"familiar": FAMILIAR, "max_distance": round(float(np.quantile([s.distance for s in found], FAMILIAR)), 2),
            "min_score": round(MARGIN * min(0.0, float(np.quantile(scores, 0.01))), 2),
            "max_score": round(MARGIN * max(0.0, float(np.quantile(scores, 0.99))), 2)}


def known_without(data: Data, fold: str, settings: Settings, own: Discriminant) -> tuple[list[Segment], dict[str, float]]:
    """Segments of the other folds' pairs, each by a fit without its own fold, and of `val` by the fold's own; the pairs' clip scores."""
    both = data.pairs()
    train = [p for p in both if data.fold(p) != fold]
    found, scores = [], {}
    for inner in sorted({data.fold(p) for p in train}):
        d = fit(data, [p for p in train if data.fold(p) != inner], settings)
        for name in (n for p in train if data.fold(p) == inner for n in both[p].values()):
            found += segments(data, d, name)
            scores[name] = float(d.score(data.mean(name)))
    return found + [s for n, r in data.rows.items() if r["split"] == "val" for s in segments(data, own, n)], scores


def export_folds(data: Data, chosen: dict[str, Settings], fits: dict[str, Discriminant]) -> None:
    """Each fold's net with a manifest overlay, in the cache, so that `liveproof evaluate` can score its held-out pairs.
    Calibration, cap and gates too come from the other four folds alone (and val). In `ranking` the cap is out of the way."""
    nobody = drawn_groups()
    for fold in FOLDS:
        train = [p for p in data.pairs() if data.fold(p) != fold]
        found, scores = known_without(data, fold, chosen[fold], fits[fold])
        inner_result = figures(scores, data.rows)
        inner_fits = {f: fit(data, [p for p in train if data.fold(p) != f], chosen[fold]) for f in FOLDS if f != fold}
        against = fit_reference(data, train, fits[fold])
        there = groups(data, without_fold=fold)
        judged = judge_made(there, fits[fold], people_of(data, fits[fold]))
        made = fit_made(there, fits[fold], people_of(data, fits[fold]), judged)
        compared = judge(data, inner_fits, against)
        moments = coded_moments(there) + clip_moments(data, train)
        began = judge_onset(moments, fits[fold], against, compared.calibration["max_surround"])
        onset = fit_onset(moments, fits[fold], began)
        filmed = filmed_groups(data, there, train)
        told = judge_drawn(filmed, nobody, fits[fold])
        for kind, cap in (("shipped_cap", earned_cap(inner_result["auc_low"])), ("ranking", 10.0)):
            folder = cache_dir("fits", "artifact_folds", kind)
            entry = manifest_entry(calibrate(found), cap, inner_result, limits(found), compared, judged, began, onset, told.limit, 1.0 if kind == "ranking" else KNOWN_SHARE)
            entry |= {"id": f"{MODEL}-fold{fold}", "file": f"{MODEL}-fold{fold}.onnx"}
            export(fits[fold], against, made, onset, fit_drawn(filmed, nobody, fits[fold]), folder / entry["file"])
            entry["sha256"] = sha256_of(folder / entry["file"])
            del entry["card"]
            lines = ["version = 1", "", *_table(entry, "model", "[[model]]")]
            if kind == "ranking":
                lines += ["", "[[analyzer]]", 'name = "face_swap"', "segment_cap = 10.0", "session_cap = 10.0",
                          "reference_session_cap = 10.0", "session_floor = -10.0"]
            (folder / f"fold{fold}.toml").write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(f"fold nets in {cache_dir('fits', 'artifact_folds')}")


if __name__ == "__main__":
    main()
