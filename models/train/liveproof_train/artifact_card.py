"""The words of models/artifact-1.card.md."""
from __future__ import annotations

from .artifact_discriminant import Settings
from .artifact_drawn import CODECS, PEOPLE, JudgedDrawn
from .artifact_made import MIXED, JudgedMade
from .artifact_onset import ONSETS, TOOL, JudgedOnset
from .artifact_reference import Judged
from .card import table
from .terms import ARTIFACT_TERMS as DATA_TERMS


def line(f: dict[str, float]) -> tuple[str, str]:
    return f"{f['auc']:.3f} [{f['auc_low']:.3f}, {f['auc_high']:.3f}]", f"{f['pairs_right']} of {f['pairs']}"


def card(result, half, large: int, rows, chosen, base: Settings, calibration, cap, limit, flagged, val: int, ms: float,
         compared: Judged, judged: JudgedMade, began: JudgedOnset, at_val: tuple[int, int, int], told: JudgedDrawn) -> list[tuple[str, str]]:
    """Sections of models/artifact-1.card.md."""
    auc, right = line(result)
    reached = [("clip-level AUC on the live_swap pairs, pooled out of fold", auc), ("swaps scored above their own camera", right),
               (f"the same AUC where the face is >= 140 px ({large} panels)", line(half)[0] if half else "no pairs"),
               ("segments of val reals with LLR > 0 / > ln 2 (even odds doubled)", f"{100 * flagged[1]:.1f} % / {100 * flagged[0]:.1f} % of {val}"),
               ("reference mode, AUC: first half of the camera's clip against the second half of either panel",
                f"{line(compared.result)[0]}; pairs right {line(compared.result)[1]}"),
               ("the same with spans abstaining whose surroundings differ", f"{line(compared.gated)[0]}; {100 * compared.compared:.0f} % compared"),
               ("the same across two different chains, which a reference should not be",
                f"{compared.crossed_auc:.3f}; {100 * compared.crossed_compared:.0f} % would be compared"),
               ("one picture, one core, CPU time on a shared machine", f"{ms:.1f} ms")]
    return [
        ("What it is", "A small fixed graph and a fitted discriminant. From a face crop at the frame's own pixels it takes local "
         "differences at a few scales, in brightness and colour, sums them up by region of the face (size, and two ratios of "
         "moments that gain does not change), and reads them with one linear discriminant. A swapper's decoder and blend leave "
         "eyes, mouth, skin and border with other ratios than a camera does. Outputs: a logit, its shares by region, a "
         "64-number embedding that tells how far a picture lies from the material of the fit, and three read-outs for reference "
         "mode: a direction fitted on differences in time, the whitened change of the face, which knows of no swap tool, and "
         "that of its surroundings. The direction counts the pairs' swaps, and at a quarter of their size pseudo-fakes of other "
         "identities, which were chosen on the forged stills of `dev`. Dense convolutional nets were "
         "tried beside it and did worse on unseen people (docs/training-log.md)."),
        ("Data and terms", DATA_TERMS),
        ("How it was judged", f"32 pairs of one tool (DeepFaceLive, about 20 person models), the same camera and moment with and "
         f"without the swap, {result['streamers']} streamers in five folds. Nested: each fold was scored by a discriminant whose "
         "settings were chosen and whose weights were fitted on the other four. Intervals: bootstrap by streamer. Python figures "
         "from the packed clips at 5 pictures a second; those of the service's own pipeline are in docs/accuracy.md.\n\n"
         + table(("figure", "out of fold"), reached) + "\n\nChosen by fold: "
         + "; ".join(f"{f}: {s.features}, shrinkage {s.shrinkage}, reals x {s.reals:.0f}" for f, s in chosen.items())
         + f". Shipped: {base.features}, shrinkage {base.shrinkage}, reals x {base.reals:.0f}, fitted on all pairs."),
        ("Ablations", rows if isinstance(rows, str) else
         "Out of fold with the shipped settings; not nested, so read them against the first row.\n\n"
         + table(("change", "AUC [95 % CI]", "pairs right"), [(n, *line(f)) for n, f in rows])),
        ("Calibration and vote", f"Logistic on segment scores (trimmed mean of the pictures' logits), out of fold on the pairs, with the real clips of split `val` among the reals: LLR = "
         f"{calibration['slope']:.3f} x score {calibration['offset']:+.3f}, natural logarithm, capped at +-{cap:.2f} = "
         "ln(L / (1 - L)) for the lower bound L of the AUC; below 0.60 the cap is 0 and the signal has no vote. Before the cap it is tempered: ln(p exp(LLR) + 1 - p) with p = 0.5, "
         "the assumed share of swaps by tools that leave these traces. One tool was seen, so a face without its traces at best halves the odds. "
         f"Where the mean square of the embedding passes {limit['max_distance']}, or a score leaves {limit['min_score']} to "
         f"{limit['max_score']}, the signal abstains: the material is unlike any that was measured ({1000 * limit['familiar']:.0f} in 1,000 known segments lie within the distance, 99 in 100 within two thirds of the scores)."),
        ("Drawn faces", "What the net measures of skin says nothing of a drawn or animated face, and its distance does not tell one. A linear read-out does: fitted on "
         f"{PEOPLE} people of the project's own drawer (testdata/generate; half with another drawn face painted over), each through {CODECS} codecs, against everything filmed that "
         f"the other read-outs know, forged or not. Judged on people not fitted on: {told.line()}. Beyond the limit the signal abstains. Other drawers' and animators' faces "
         "were not seen."),
        ("Made kinds", "A second read-out knows what the recipe's own forgery generator (liveproof_train/synth) makes of a face, which is no swapper's work. "
         "Of its families two repaint a face as a live swapper does: " + " and ".join(MIXED) + ". Each has a direction: its mean change of a face against "
         "the covariance of people, cameras and codecs, and of what focus and light change of a face. Within the net their likelihood ratios are mixed by equal shares. All of it was fitted on what a "
         f"service sees: segments of {judged.clip_people} people's clips forged with lag, jitter, drop-outs and flicker, and stills of "
         f"{judged.people - judged.clip_people} more, through x264 (CRF 20 to 30, or at call bitrates) and VP8. By segments of clips of people not fitted on, AUC "
         f"{judged.calibration['auc']:.3f} (lower bound {judged.calibration['auc_low']:.3f}) for these two; by family, the others unmeant: "
         + ", ".join(f"{f} {a:.3f}" for f, a in judged.families.items())
         + "; filters and poor pictures, which leave a face real (0.5 would be best): " + ", ".join(f"{f} {a:.3f}" for f, a in judged.filters.items())
         + f"; on single stills {judged.stills_auc:.3f}. LLR = {judged.calibration['slope']:.3f} x score {judged.calibration['offset']:+.3f}, never below "
         f"{judged.calibration['floor']:.2f}, because that such traces are missing at best halves the odds, and capped at {judged.calibration['cap']:.2f}: the counts of clips and "
         f"stills support that (those of the clips alone {judged.clips_cap:.2f}). It stands in the mixture with a share of q = {judged.calibration['share']}: "
         "LLR = ln(p exp(LLR of the tool) + q exp(LLR of made kinds) + 1 - p - q). Both shares are assumptions. Other kinds of the generator speak at random on the "
         "live_swap pairs and were left out (docs/training-log.md). Of other people's tools it promises nothing."),
        ("Reference mode", f"LLR = {compared.calibration['slope']:.3f} x d + {compared.calibration['change_slope']:.3f} x ln c "
         f"{compared.calibration['offset']:+.3f}, tempered alike: d the difference of the read-out from the reference, c the mean "
         "square of the face's change. Fitted on 3 s segments of the second halves against the first half of the camera's clip, "
         f"out of fold, and on val reals. Where the surroundings changed by more than {compared.calibration['max_surround']} "
         "(95 in 100 same-camera spans lie within), the two are not compared. A reference from another day, light or bitrate of the "
         "same camera was never measured; neither was a change of light on the face alone, which much of this rests on "
         "(docs/training-log.md); other chains stand in the table above as a warning."),
        ("From some moment on", "A third read-out compares a segment with the segments before it in the same interview, for faces that are repainted from some moment on. "
         f"{len(ONSETS)} kinds have a direction: the generator's six (second half of a forged span against the untouched first half, one codec) and the pairs' swap tool ({TOOL}: second half "
         "of the swapped panel against the first half of the camera's), against the covariance of what changes in a call all the same: time, focus, light, filters, codecs. The ring outside the face "
         "tells a change of the whole picture from one of the face; it has no part in a direction of its own. Their ratios are mixed by equal shares. People not fitted on, moments whose surroundings "
         "did not change further than reference mode compares; marked: the segment's ratio reaches ln 2 where all else is neutral.\n\n"
         + table(("kind", "AUC against untouched moments", "marked", "comparable"),
                 [(k, f"{began.families[k][0]:.3f} [{began.families[k][1]:.3f}, {began.families[k][2]:.3f}]" if k in began.families
                   else f"{began.nothing[k]:.3f} (0.5 would be best)" if k in began.nothing else "–",
                   f"{100 * began.marked.get(k, 0):.0f} %", f"{100 * began.compared[k]:.0f} %") for k in (*ONSETS, *(k for k in began.compared if k not in ONSETS))])
         + f"\n\nAll kinds together: AUC {began.calibration['auc']:.3f}, lower bound {began.calibration['auc_low']:.3f}, which gives the cap of {began.calibration['cap']:.2f} by the rule of reference mode "
         f"(the counts of these {began.people} people alone support {began.counted_cap:.2f}). LLR = {began.calibration['slope']:.3f} x score {began.calibration['offset']:+.3f}, never below 0: that nothing "
         f"changed is no evidence. It stands beside the mixture with an assumed share of {began.calibration['share']} of manipulated interviews that begin untouched. Real `val` clips, second half against "
         f"first: {at_val[0]} of {at_val[1]} comparable segments marked ({at_val[2]} in all). Minutes and hours apart were never measured: clips are shorter."),
        ("Not evaluated on", "Other swap tools, enhancers, reenactment, whole-head generation, other codecs and call platforms, "
         "low light, virtual backgrounds, beauty filters, faces below 100 px or above 190 px with swaps, groups of people. "
         "It sees no time: flicker and lag are not part of it. Swaps pasted by other tools may leave other traces, or none."),
    ]
