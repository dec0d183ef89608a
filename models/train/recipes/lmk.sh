# Landmarks: 96 points of the teacher's mesh on face crops -> lmk-1.onnx
# Its face output refuses what the detector takes for a face and is none: those places are mined with
# models/det-1.onnx, unless the detector's recipe has done so.
STAGES="label pack mine fit export evaluate golden"
stage_label() { teacher label_teacher stills; teacher label_teacher clips; }
stage_pack() { train pack_lmk; }
stage_mine() { [ -f "$LIVEPROOF_CACHE/packs/negatives/kept.npy" ] || { train pack_det; train mine_negatives propose; teacher mine_negatives doubt; }; }
stage_fit() { train fit_lmk "${fit_options[@]}"; }
stage_export() { train export_lmk; }
stage_evaluate() { train evaluate_lmk; }
stage_golden() { train golden; }
