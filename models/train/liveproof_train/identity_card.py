"""The identity net's card and metrics, from what identity_figures.py and identity_sessions.py measured.

    python -m liveproof_train.identity_card
"""
from __future__ import annotations

import json

from .card import table, write_card
from .manifest import read_entry, update_metrics
from .paths import MODELS_DIR, cache_dir
from .serving import parameter_count
from .terms import DATA_TERMS

MODEL = "identity-1"


def auc(values: list[float]) -> str:
    return "{:.3f} [{:.3f}, {:.3f}]".format(*values)


def read(name: str):
    """A file of figures."""
    return json.loads((cache_dir("evaluation", "identity") / name).read_text())


def windows_table(rows: list[dict]) -> str:
    return table(("measure", "later window", "swapped in, same room", "another person"),
                 [(r["feature"], r["condition"], auc(r["swapped"]), auc(r["other"])) for r in rows])


def sessions_table(found: dict) -> str:
    return table(("later part", "same person: a change told", "swapped in: told", "another person: told", "median delay"),
                 [(c, *(r[k] for k in ("same", "swapped", "other")), f"{r['delay_s']:.0f} s")
                  for c, r in found["conditions"].items()])


def main() -> None:
    entry = read_entry(MODEL)
    rows, base, sessions = read("windows.json"), read("baselines.json"), read("sessions.json")
    photos = read("photos.json")
    chosen = [r for r in rows if "cosine" in r["feature"]]
    clean = next(r for r in chosen if r["condition"] == "as it is")
    plain = sessions["plain"]
    # no alarm in T hours leaves fewer than 3 / T an hour at 95 %
    most = (plain["alarms"] + 3) / plain["hours"] if plain["alarms"] == 0 else None
    count = clean["couples"]
    rate = f"{plain['alarms']} in {plain['hours']:.3f} h" + (f" (below {most:.0f} an hour at 95 %)" if most else "")
    write_card(MODELS_DIR / f"{MODEL}.card.md", f"{MODEL}: is it the face of the beginning", [
        ("Terms of the weights", DATA_TERMS + " The code that made them is MIT OR Apache-2.0."),
        ("What it is", f"{parameter_count(entry['file']):,} parameters: the trunk of the landmark net lmk-1 on a crop of "
         f"{entry['input']['width']} px, and one linear layer to a direction of 64 numbers. sha256 `{entry['sha256']}`. It tells whether two "
         "stretches of **one call** show the same face. It is no face recognition: it knows no name, its vectors are kept nowhere, and across "
         "cameras and years it is weak."),
        ("How it was made", "The layer is a linear discriminant over 1,614 people of `train` (321 with several stills, 21 with a clip, every fourth of the "
         "others), fitted in closed form: small is made what lies between pictures of one person, what light, camera, codec and mirror do to a "
         "picture (the recipe's chain), and what changes when the same inner face is pasted into a neighbour's picture or glasses are drawn on it; "
         "large is made what lies "
         "between people. Shrinkage chosen on `val`. No live_swap pair was used. Two photographs of the same person from the news (`val`, "
         f"LFW) are told from those of two people with an AUC of {photos['auc'][0]:.3f} only: across years and cameras it is no face recognition. A net "
         "fitted by gradient was not finished for want of processor time. Recipe: `train/run identity`; "
         "`train/liveproof_train/identity_discriminant.py`."),
        ("Figures: windows of 3 s", f"Of couples of windows, how often the couple of two faces lies further apart than that of one (AUC, "
         f"95 % interval by person). {clean['people']} people of `val` and of the pairs, whom the net has not seen; {count['same']} couples of one "
         f"person in one clip, {count['swapped']} of the camera's panel and the swapped panel of the same streamer later (one tool, "
         f"DeepFaceLive), {count['other']} of two people. The earlier window is as it is. "
         f"Another person is seen in a clip of their own, so by another camera too; the swapped panel shares the camera's. The product's gates for "
         f"blur and turned heads were not applied.\n\n" + windows_table(rows)),
        ("Without a net", "What was there already, measured the same way. In the light of the beginning the plain appearance ranks a swapped-in face as "
         "well as the net; what it does when light, codec or glasses change was not measured:\n\n" + windows_table(base)),
        ("Figures: sessions", f"The product's rule (two segments of 3 s in a row beyond the threshold) on sessions of 12 s of a person and 12 s of "
         f"what follows; clips that are too short are shown there and back. Threshold {entry['calibration']['threshold']:.3f}; each "
         f"session with one that was chosen without its fold. Clips as they are, uncut: {rate}; that is all the real video there is.\n\n"
         + sessions_table(sessions)),
        ("Figures: a photograph as reference", f"{photos['stills']} news photographs of {photos['people']} people (`val`, LFW), one as the reference "
         f"and one looked at; `identity_photos.py`. AUC {auc(photos['auc'])} over {photos['same']} couples of one person and {photos['other']} of two. "
         f"Beyond the threshold lie {photos['same_beyond']} of one person's and {photos['other_beyond']} of two people's. So a reference "
         "of another camera can say that a face is like it, and nothing where it is not; only a stretch of the same call is said to be unlike."),
        ("Known weak", "A swapper keeps the wearer's face shape and light, and many such faces lie nearer to the wearer's own than the threshold. "
         "Large turns of the head are left out (35 degrees). Masks, a hand over the face, a beard that was shaved off and strong filters are the "
         "innocent causes that raise it. Real calls of an hour, glasses put on and off, and groups of people were never measured: no vote."),
    ])
    swapped, other = clean["swapped"], clean["other"]
    update_metrics(MODEL, {"windows_swapped_auc": swapped[0], "windows_swapped_auc_low": swapped[1], "windows_swapped_auc_high": swapped[2],
                           "windows_other_auc": other[0], "windows_other_auc_low": other[1], "windows_other_auc_high": other[2],
                           "people": clean["people"], "real_hours": plain["hours"], "real_alarms": plain["alarms"]})


if __name__ == "__main__":
    main()
