# Face detector: teacher boxes and points over stills and clips -> det-1.onnx
# Fitted twice: what the first fit takes for a face and is none is mined, and the second learns to leave it.
STAGES="label pack fit export mine harden evaluate golden"
stage_label() { teacher label_teacher stills; teacher label_teacher clips; teacher label_teacher possible; }
stage_pack() { train pack_det; }
stage_fit() { train fit_det "${fit_options[@]}"; }
stage_export() { train export_det; }
stage_mine() { train mine_negatives propose; teacher mine_negatives doubt; }
stage_harden() {
  train fit_det --warm "$LIVEPROOF_CACHE/fits/det.pt" --name=-hard --rate 8e-4 "${fit_options[@]}"
  train export_det --name=-hard
}
stage_evaluate() { train evaluate_det; }
stage_golden() { train golden; }
