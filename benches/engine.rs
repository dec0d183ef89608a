//! Milliseconds per run of each shipped net, one session of one thread, batch 1.
//!
//! `cargo bench --bench engine`. Median and 95th percentile of the wall time of 1,000 runs after 20 to
//! warm up, and the mean CPU time, which a busy machine distorts less. The input is a fixed wave:
//! the time of these nets does not depend on it.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::disallowed_types,
    clippy::disallowed_methods
)]

use liveproof::engine::{CpuBudget, Engine, EngineOptions, Manifest, ModelKind, ModelsDir};
use ndarray::{ArrayD, IxDyn};
use std::path::Path;
use std::sync::LazyLock;
use std::time::Instant;

const WARM_UP: usize = 20;
const RUNS: usize = 1000;
/// Length of an axis that the manifest leaves free (other than the first): a second of 10 ms hops.
const FREE_AXIS: usize = 100;

fn main() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).expect("the shipped models");
    let started = Instant::now();
    let engine = Engine::load(&dir, &EngineOptions::default()).expect("the shipped models load");
    let load_ms = started.elapsed().as_secs_f64() * 1e3;
    println!(
        "ONNX Runtime {}, provider {}, {} cores for this process; engine loaded in {load_ms:.0} ms",
        engine
            .runtime_version()
            .unwrap_or_else(|| "missing".to_owned()),
        engine.provider(),
        CpuBudget::detect().cores
    );
    let text = std::fs::read_to_string(dir.path().join("manifest.toml")).expect("a manifest");
    let manifest = Manifest::parse(&text).expect("a valid manifest");
    let mut set = engine.new_set().expect("a set of models");
    println!(
        "{:10} {:>24} {:>10} {:>10} {:>12}",
        "model", "input", "median ms", "p95 ms", "mean CPU ms"
    );
    for entry in manifest.models.iter().filter(|m| m.kind == ModelKind::Onnx) {
        let inputs: Vec<(&str, ArrayD<f32>)> = entry
            .input
            .iter()
            .filter_map(|spec| Some((spec.name.as_str(), wave(&spec.axes()?))))
            .collect();
        if inputs.len() < entry.input.len() {
            println!(
                "{:10} the manifest does not say the shape of its input",
                entry.id
            );
            continue;
        }
        let views: Vec<_> = inputs
            .iter()
            .map(|(name, array)| (*name, array.view()))
            .collect();
        let (mut times, mut cpu) = (Vec::with_capacity(RUNS), 0.0);
        for i in 0..WARM_UP + RUNS {
            if i == WARM_UP {
                cpu = thread_s();
            }
            let started = Instant::now();
            let out = set.run(&entry.task, &views).expect("the net runs");
            std::hint::black_box(&out);
            if i >= WARM_UP {
                times.push(started.elapsed().as_secs_f64() * 1e3);
            }
        }
        let cpu_ms = (thread_s() - cpu) * 1e3 / RUNS as f64;
        times.sort_by(f64::total_cmp);
        let shape = format!("{:?}", inputs[0].1.shape());
        let (median, p95) = (times[RUNS / 2], times[RUNS * 95 / 100]);
        println!(
            "{:10} {shape:>24} {median:>10.3} {p95:>10.3} {cpu_ms:>12.3}",
            entry.id
        );
    }
}

/// CPU seconds of this thread in steps of 10 ms, enough for the sum over all runs; wall seconds
/// where /proc does not tell.
fn thread_s() -> f64 {
    static START: LazyLock<Instant> = LazyLock::new(Instant::now);
    let ticks = |stat: String| {
        // The fields after the name's closing bracket; user and system time are the 12th and 13th.
        let mut fields = stat.rsplit_once(')')?.1.split_whitespace().skip(11);
        Some(fields.next()?.parse::<f64>().ok()? + fields.next()?.parse::<f64>().ok()?)
    };
    let stat = std::fs::read_to_string("/proc/thread-self/stat").ok();
    stat.and_then(ticks)
        .map_or_else(|| START.elapsed().as_secs_f64(), |t| t / 100.0)
}

fn wave(axes: &[i64]) -> ArrayD<f32> {
    let length = |(i, a): (usize, &i64)| match usize::try_from(*a) {
        Ok(fixed) => fixed,
        Err(_) if i == 0 => 1,
        Err(_) => FREE_AXIS,
    };
    let shape: Vec<usize> = axes.iter().enumerate().map(length).collect();
    let size = shape.iter().product();
    let values = (0..size).map(|i| (i as f32 * 0.37).sin()).collect();
    ArrayD::from_shape_vec(IxDyn(&shape), values).expect("a tensor")
}
