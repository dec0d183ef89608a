//! Payloads of one track through its decoder.
#![no_main]

use liveproof_fuzz::{codecs, mutate};

// Run once before the first input: what is made only once is no leak of an input.
libfuzzer_sys::fuzz_target!(init: { codecs::run(&[]); }, |data: &[u8]| { codecs::run(data); });

libfuzzer_sys::fuzz_mutator!(
    |data: &mut [u8], size: usize, _max_size: usize, seed: u32| {
        mutate::change::<{ codecs::HEAD }>(
            data,
            size,
            seed,
            |_| false,
            &mut libfuzzer_sys::fuzzer_mutate,
        )
    }
);
