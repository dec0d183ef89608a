# Occlusion consistency: hands before faces, genuine and painted over -> occ-1.onnx. Needs the packs and seg-1 of the recipe `seg`;
# the families `other_face` and `decoder` are there when the recipe `forge` has built donors and decoders.
STAGES="fit export evaluate golden"
stage_fit() { train fit_occ "${fit_options[@]}"; }
stage_export() { train export_occ; }
stage_evaluate() { train evaluate_occ --write; }
stage_golden() { train golden_hands; }
