# Face-swap traces: native-resolution crops of the live-swap pairs -> artifact-1.onnx
STAGES="pack features export golden"
stage_pack() { train pack_artifact; }
stage_features() { train artifact_features; }
stage_export() { train export_artifact "${fit_options[@]}"; }
stage_golden() { train golden_artifact; }
