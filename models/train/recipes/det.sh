# Face detector: teacher boxes and points over stills and clips -> det-1.onnx
STAGES="label pack fit export evaluate golden"
stage_label() { teacher label_teacher stills; teacher label_teacher clips; teacher label_teacher possible; }
stage_pack() { train pack_det; }
stage_fit() { train fit_det "${fit_options[@]}"; }
stage_export() { train export_det; }
stage_evaluate() { train evaluate_det; }
stage_golden() { train golden; }
