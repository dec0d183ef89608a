# Face-swap traces: native-resolution crops of the live-swap pairs -> artifact-1.onnx
# The forgeries need the donors and decoders of the recipe `forge`.
STAGES="pack stills segments drawn features export golden"
stage_pack() { train pack_artifact; }
stage_stills() { train artifact_stills; }
stage_segments() { train artifact_segments; train artifact_segments --stills; }
stage_drawn() { train artifact_drawn --pack; }
stage_features() { train artifact_features; train artifact_features --forged; }
stage_export() { train export_artifact "${fit_options[@]}"; }
stage_golden() { train golden_artifact; }
