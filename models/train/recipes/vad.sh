# Voice activity: rendered scenes with labels from the energy of the clean speech -> vad-1.onnx
# silero-vad is a reference in the evaluation, in an environment of its own; it labels nothing.
STAGES="render fit export reference evaluate golden"
silero() { local py; py=$(env_python silero); "$py" -m "liveproof_train.$1" "${@:2}"; }
stage_render() { train vad_scenes --count 2600 --seed 1; }
stage_fit() { train fit_vad "${fit_options[@]}"; }
stage_export() { train export_vad; }
stage_reference() { train evaluate_vad --decode; silero silero_reference; }
stage_evaluate() { train evaluate_vad; }
stage_golden() { train golden_vad; }
