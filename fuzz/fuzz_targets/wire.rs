//! Messages of one client through the border of the live service, with its state.
#![no_main]

use liveproof_fuzz::{mutate, wire};

// Run once before the first input: what is made only once is no leak of an input.
libfuzzer_sys::fuzz_target!(init: { wire::run(&[]); }, |data: &[u8]| { wire::run(data); });

libfuzzer_sys::fuzz_mutator!(
    |data: &mut [u8], size: usize, _max_size: usize, seed: u32| {
        let messages = |kind: u8| kind % wire::KINDS < wire::WORK;
        mutate::change::<{ wire::HEAD }>(
            data,
            size,
            seed,
            messages,
            &mut libfuzzer_sys::fuzzer_mutate,
        )
    }
);
