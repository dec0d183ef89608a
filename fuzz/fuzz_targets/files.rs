//! A recording or a still from a file.
#![no_main]

use liveproof_fuzz::files;

// Run once before the first input: what is made only once is no leak of an input.
libfuzzer_sys::fuzz_target!(init: { files::run(&[]); }, |data: &[u8]| { files::run(data); });
