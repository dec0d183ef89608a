//! The texts that a user hands over: events, manifest, configuration, keys, list.
#![no_main]

use liveproof_fuzz::texts;

// Run once before the first input: what is made only once is no leak of an input.
libfuzzer_sys::fuzz_target!(init: { texts::run(&[]); }, |data: &[u8]| { texts::run(data); });
