# Composed hand challenges over real clips, and what the product says of them: event AUC, compliance, the fit of the event's
# terms. Needs the media, the nets det-1, lmk-1 and seg-1, the donor bank and decoders of `forge` (without them fewer
# families), cut-outs of hands in the cache, and a built liveproof (LIVEPROOF_BIN, default target/release/liveproof).
# Terms are fitted on the passes over `train` clips; those over `val` clips are only reported.
STAGES="train val fit figures sessions interviews"
LIVEPROOF_BIN=$(realpath "${LIVEPROOF_BIN:-../../target/release/liveproof}")
stage_train() { train hand_passes --split train --rounds 4; }
stage_val() { train hand_passes --split val; }
stage_fit() { train hand_challenge_figures --liveproof "$LIVEPROOF_BIN" --fit "${fit_options[@]}"; }
stage_figures() { train hand_challenge_figures --liveproof "$LIVEPROOF_BIN" "${fit_options[@]}"; }
# whole sessions: swaps (the copies of `checks`), forged sound, dialogues with a relay's delay, hand challenges; needs espeak-ng, ffmpeg
stage_sessions() { train forged_sessions make; train forged_sessions figures --liveproof "$LIVEPROOF_BIN" "${fit_options[@]}"; }
# interviews with a swap, a drift and a hand challenge in one, and what the report marks of them
stage_interviews() { train forged_interview make; train forged_interview figures --liveproof "$LIVEPROOF_BIN" "${fit_options[@]}"; }
