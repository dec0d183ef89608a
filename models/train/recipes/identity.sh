# Is it the same face throughout: people of `train` over the landmark net's trunk -> identity-1.onnx. Needs the packs of lmk and artifact,
# and the landmark net's checkpoint.
STAGES="pack discriminant export figures card golden"
stage_pack() { train pack_identity; }
stage_discriminant() { train identity_discriminant; }
stage_export() { train export_identity; }
stage_figures() { train identity_figures --baselines --onnx identity-1.onnx; train identity_photos; }
stage_card() { train identity_card; }
stage_golden() { train golden_identity; }
