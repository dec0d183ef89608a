# Landmarks: 96 points of the teacher's mesh on face crops -> lmk-1.onnx
STAGES="label pack fit export evaluate golden"
stage_label() { teacher label_teacher stills; teacher label_teacher clips; }
stage_pack() { train pack_lmk; }
stage_fit() { train fit_lmk "${fit_options[@]}"; }
stage_export() { train export_lmk; }
stage_evaluate() { train evaluate_lmk; }
stage_golden() { train golden; }
