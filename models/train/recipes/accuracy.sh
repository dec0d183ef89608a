# docs/accuracy.md: every table of it measured anew, by `liveproof evaluate` and the figures of composed challenges and
# sessions. Needs the media, the nets of each fold (`artifact --only export --folds`), the copies that `checks`, `challenge` and
# `forge` made, the evaluations of `seg` and `occ`, and a built liveproof (LIVEPROOF_BIN, default target/release/liveproof).
# A look at split `eval` is logged, so that stage runs with EVAL_REASON="..." alone; without, the last look stays. Composed
# challenges, sessions, interviews and the hand nets keep their section of the page where the cache holds no evaluation of them.
STAGES="lists pairs midcall reference val degraded forged eval hands sessions interviews document"
LIVEPROOF_BIN=$(realpath "${LIVEPROOF_BIN:-../../target/release/liveproof}")
MODELS=$(realpath ..)
FOLDS="$LIVEPROOF_CACHE/fits/artifact_folds"
OUT="$LIVEPROOF_CACHE/accuracy"
mkdir -p "$OUT"
DEGRADE=(blur=2 crf=34 height=240 jpeg=50 light=0.5 light=0.25 height=360 fps=10 loss=3)
CALLS=(crf=34 height=240 light=0.5 light=0.25 blur=2)
TALKING=(--kind talk_av --kind talk_av_loose --kind talk_silent --kind portrait_silent)
RECORDINGS=(--kind talk_silent --kind talking_head --kind face_swap --kind face_swap_live --kind reenact)

list() { train evaluate_manifest --absolute "$@"; }
judge() {
  local name=$1
  shift
  "$LIVEPROOF_BIN" --models-dir "$MODELS" evaluate "$OUT/$name.csv" --jobs "${JOBS:-1}" "$@" --json "$OUT/$name.json" > "$OUT/$name.log"
}
stage_lists() {
  for shape in ranking shipped_cap; do
    list --split pairs --overlays "$FOLDS/$shape" -o "$OUT/pairs_$shape.csv"
    list --split pairs --overlays "$FOLDS/$shape" --reference-halves -o "$OUT/reference_$shape.csv"
  done
  list --split val -o "$OUT/val.csv"
  list --split val "${TALKING[@]}" -o "$OUT/degraded.csv"
  train forged_review --reference-list "$OUT/forged.csv"
}
stage_pairs() { judge pairs_ranking "${CALLS[@]/#/--degrade=}"; judge pairs_shipped_cap; }
stage_midcall() { train midcall --liveproof "$LIVEPROOF_BIN" --overlays "$FOLDS/shipped_cap" --json "$OUT/midcall.json" > "$OUT/midcall.log"; }
stage_reference() { judge reference_ranking; judge reference_shipped_cap; }
stage_val() { judge val; }
stage_degraded() { judge degraded "${DEGRADE[@]/#/--degrade=}"; }
stage_forged() { judge forged; }
stage_eval() {
  if [ -n "${EVAL_REASON:-}" ]; then
    list --split eval "${RECORDINGS[@]}" --reason "$EVAL_REASON" -o "$OUT/eval.csv"
    judge eval
  elif [ ! -e "$OUT/eval.json" ]; then
    echo "no look at eval is kept in $OUT/eval.json: EVAL_REASON='...' takes one, and logs it" >&2
    exit 1
  fi
}
stage_hands() { train hand_challenge_figures --liveproof "$LIVEPROOF_BIN" --split val --json "$OUT/hands.json" > "$OUT/hands.log"; }
stage_sessions() { train forged_sessions figures --liveproof "$LIVEPROOF_BIN" --json "$OUT/sessions.json" > "$OUT/sessions.log"; }
stage_interviews() { train forged_interview figures --liveproof "$LIVEPROOF_BIN" --json "$OUT/interviews.json" > "$OUT/interviews.log"; }
at_hand() { if [ -e "$2" ]; then echo "$1=$2"; else echo "kept as it stands: $1" >&2; echo "$1=kept"; fi; }
stage_document() {
  local nets="$LIVEPROOF_CACHE/evaluation/hand_net"
  train accuracy_doc \
    "live_swap pairs, out of fold, uncapped (one tool: DeepFaceLive)=$OUT/pairs_ranking.json" \
    "live_swap pairs, out of fold, as shipped=$OUT/pairs_shipped_cap.json" \
    "live_swap pairs as calls in which the swap begins in the middle=$OUT/midcall.json" \
    "reference mode on the live_swap pairs, out of fold, uncapped=$OUT/reference_ranking.json" \
    "reference mode on the live_swap pairs, out of fold, as shipped=$OUT/reference_shipped_cap.json" \
    "val: real clips and stills=$OUT/val.json" \
    "val: real clips, degraded=$OUT/degraded.json" \
    "copies of val clips forged by the recipe's generator, against their own beginning as reference=$OUT/forged.json" \
    "eval: recordings=$OUT/eval.json" \
    "$(at_hand "hand challenges composed over val clips" "$OUT/hands.json")" \
    "$(at_hand "forged sessions over val clips" "$OUT/sessions.json")" \
    "$(at_hand "interviews forged in three stretches over val clips" "$OUT/interviews.json")" \
    "$(at_hand "hands over faces: seg-1" "$nets/seg.json")" \
    "$(at_hand "hands painted over: occ-1" "$nets/occ.json")"
}
