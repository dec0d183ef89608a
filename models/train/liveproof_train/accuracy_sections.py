"""Sections of docs/accuracy.md that do not come from `liveproof evaluate`: composed hand challenges, forged sessions, the hand nets alone,
calls whose swap begins in the middle."""
from __future__ import annotations

from typing import Any

from . import accuracy_text as text


def auc(a: dict[str, Any] | None) -> str:
    return "–" if a is None else f"{a['auc']:.3f}{text.interval(a['ci'])}"


def standing(value: float | None, floor: float, goal: float) -> str:
    """Where a figure stands against what was aimed at."""
    if value is None:
        return "not measured"
    return "goal met" if value >= goal else "floor met, goal missed" if value >= floor else "missed"


def challenge(title: str, e: dict[str, Any]) -> list[str]:
    """Event AUC by way, kind and hand; compliance; what the refusals were taken for."""
    f, g = e["floors"], e["goals"]
    out = [f"## {title}", "",
           f"{e['events']} challenges composed over real clips of {e['identities']} people (`models/train/run challenge`): a drawn hand laid over "
           "the face, then, for the swapped, the generator's swap painted after it over the whole clip. **Never measured on a real hand "
           "pass.** An event without a number stays in with 0; for compliance, one that cannot be measured counts as "
           "not seen.", ""]
    c, whole = e["compliance"], e["compliance_all"]
    value = lambda a: None if a is None else a["auc"]  # noqa: E731
    rows = [["event AUC, genuine against swaps that know nothing of the hand", auc(e["auc_unaware"]), standing(value(e["auc_unaware"]), f["auc"], g["auc"])],
            ["event AUC, all swaps", auc(e["auc_all"]), standing(value(e["auc_all"]), f["auc"], g["auc"])]]
    for name, part in (("genuine and refused", c), ("the swapped as well", whole)):
        rows += [[f"compliance, {name}: {key}", text.rate(part[key]), standing(part[key]["share"], f[key], g[key])] for key in ("precision", "recall")]
        rows.append([f"not measurable, {name}", text.rate(part["not_measurable"]), "–"])
    rows += [["false alarms: genuine events with an LLR from ln 2 on", text.rate(e["false_alarms"]), "–"],
             ["unaware swaps found, the same threshold", text.rate(e["found"]), "–"]]
    out += text.table(["figure", "value", f"floor AUC {f['auc']:.2f}, shares {f['recall']:.2f}; goal {g['auc']:.2f}, {g['recall']:.2f}"], rows)
    by = [[name, str(a["genuine"]), str(a["swapped"]), str(a["with_llr"]), auc(a)] for part in ("by_way", "by_kind", "by_hand")
          for name, a in e[part].items() if a]
    out += text.table(["swap lies over the hand as / kind / hand", "genuine", "swapped", "with a number", "event AUC"], by)
    asked = [[name.replace("_", " "), *(str(n[k]) for k in ("not_performed", "not_measurable", "performed"))] for name, n in e["refusals"].items()]
    return out + text.table(["not performed, because", "called not performed", "not measurable", "performed"], asked)


def sessions(title: str, e: dict[str, Any]) -> list[str]:
    """The fused score against face_swap alone, and which signal named what."""
    gain = (e["everything"] or {}).get("gain")
    low = (e["everything"] or {}).get("gain_ci", [0.0, 0.0])[0]
    out = [f"## {title}", "",
           f"{e['sessions']} sessions of {e['identities']} people (`models/train/run challenge --only sessions`), forged by the recipe itself. A "
           "session without a number stays in with 0. Intervals resample people, both scores on the same draw. "
           f"Aimed at: a gain of {e['floor']:+.2f} (goal {e['goal']:+.2f}); {standing(gain, e['floor'], e['goal'])}"
           + (", and its interval includes 0." if low <= 0 else "."), ""]
    for name, head, rows in e["tables"]:
        out += [f"### {title}: {name}", "", *text.table(head, rows)]
    return out


def hand_net(title: str, e: dict[str, Any]) -> list[str]:
    """Figures that were made with their words and tables: seg-1 or occ-1 alone, as its card has them, or calls whose swap begins in the middle."""
    out = [f"## {title}", "", e["intro"], ""]
    for head, rows in e["tables"]:
        out += text.table(head, rows)
    return out


KINDS = {"hand_challenge": challenge, "forged_sessions": sessions, "hand_net": hand_net, "mid_call": hand_net, "forged_interviews": hand_net}
