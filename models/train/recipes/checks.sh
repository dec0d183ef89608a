# What the forgery generator leaks, and what the product says of forged copies of real val clips. Needs the media, the packs of
# `artifact` and `lmk`, what `forge` built, and a built liveproof (LIVEPROOF_BIN, default target/release/liveproof).
STAGES="leaks forged"
LIVEPROOF_BIN=$(realpath "${LIVEPROOF_BIN:-../../target/release/liveproof}")
stage_leaks() { train leak_checks --liveproof "$LIVEPROOF_BIN" "${fit_options[@]}"; }
stage_forged() { train forged_review --liveproof "$LIVEPROOF_BIN" "${fit_options[@]}"; }
