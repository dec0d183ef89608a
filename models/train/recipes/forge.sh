# What the forgery generator draws on, in the cache: a bank of donors and face autoencoders, three shared and three of one person each, from the packs of `artifact`
# and `lmk` (split train only). Nothing of it is shipped.
STAGES="donors shuffle bilinear fine persons"
stage_donors() { train synth.donors; }
stage_shuffle() { train fit_decoder --way shuffle --budget-min 14 --threads 1 "${fit_options[@]}"; }
stage_bilinear() { train fit_decoder --way bilinear --budget-min 12 --threads 1 "${fit_options[@]}"; }
stage_fine() { train fit_decoder --way fine --budget-min 12 --threads 1 "${fit_options[@]}"; }
stage_persons() {
  local person
  for person in Obama hm:xzy headpose31; do train fit_decoder --way shuffle --person "$person" --budget-min 4 --threads 1 "${fit_options[@]}"; done
}
