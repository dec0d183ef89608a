# Face-swap traces: native-resolution crops of the live-swap pairs -> artifact-1.onnx
# The pseudo-fakes need the donors and decoders of the recipe `forge`.
STAGES="pack stills features export golden"
stage_pack() { train pack_artifact; }
stage_stills() { train artifact_stills; train artifact_stills --forged; }
stage_features() { train artifact_features; train artifact_features --forged; }
stage_export() { train export_artifact "${fit_options[@]}"; }
stage_golden() { train golden_artifact; }
