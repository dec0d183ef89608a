# Hand scene: faces under real and drawn hands -> seg-1.onnx
# Cut-outs are proposed, looked at and thinned by hand: LIVEPROOF_CACHE/packs/hands/cutouts-dropped.json lists the numbers
# on the contact sheets to drop, real-hands.json (in the same folder) the train stills whose hand labels look right. Without
# these files all proposals are kept and no still with a real hand is used.
STAGES="label hands cut pack fit export evaluate golden"
stage_label() { teacher label_teacher stills; teacher label_teacher clips; }
stage_hands() { teacher label_hands clips; teacher label_hands stills; }
stage_cut() { train cut_hands; train cut_hands keep; }
stage_pack() { train pack_scenes; }
stage_fit() { train fit_seg "${fit_options[@]}"; }
stage_export() { train export_seg; }
stage_evaluate() { train evaluate_seg --write; }
stage_golden() { train golden_hands; }
