# Lip-sync layer L0: landmarks and sound of talking clips -> lip_sync-l0-1.json
# Needs the teacher's clip labels (first crops) and models/lmk-1.onnx; fits in a minute on a CPU.
STAGES="label pack fit golden"
stage_label() { teacher label_teacher clips; }
stage_pack() { train lip_sync_pack --landmarks lmk-1; }
stage_fit() { train lip_sync_export "${fit_options[@]}"; }
stage_golden() { train lip_sync_golden; }
