//! The engine over real nets: a net written byte by byte here, and the shipped ones.

use super::*;
use crate::testing::{onnx_bytes as bytes, onnx_number as number, onnx_value as value};
use ndarray::{ArrayD, IxDyn};
use std::path::Path;

fn shipped() -> Arc<Engine> {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    Engine::load(
        &ModelsDir::find(Some(&dir)).unwrap(),
        &EngineOptions::default(),
    )
    .unwrap()
}

/// A folder with one net `y = k(x)`; see [`onnx`].
fn folder(op: &str, file: &[u8]) -> tempfile::TempDir {
    let dir = tempfile::tempdir().unwrap();
    let manifest = format!(
        "version = 1\n[[model]]\nid = \"{op}-1\"\ntask = \"t\"\nfile = \"n.onnx\"\n\
         sha256 = \"{}\"\nlicence = \"MIT\"\ndata_terms = \"none\"\n\
         [model.input]\nname = \"x\"\nlayout = \"NF\"\nshape = [-1, 3]\n\
         [[model.outputs]]\nname = \"y\"\nshape = [-1, 3]\n",
        store::tests::digest(file)
    );
    std::fs::write(dir.path().join("manifest.toml"), manifest).unwrap();
    std::fs::write(dir.path().join("n.onnx"), file).unwrap();
    dir
}

/// The smallest ONNX file: one node `y = op(x)` over float [n, `width`]. Field numbers are those
/// of `onnx.proto3` (ModelProto, GraphProto, NodeProto, ValueInfoProto).
fn onnx(op: &str, width: u64) -> Vec<u8> {
    let node = [bytes(1, b"x"), bytes(2, b"y"), bytes(4, op.as_bytes())].concat();
    let graph = [
        bytes(1, &node),
        bytes(2, b"g"),
        bytes(11, &value("x", &[width])),
        bytes(12, &value("y", &[width])),
    ];
    let opset = [bytes(1, b""), number(2, 17)].concat();
    [number(1, 8), bytes(7, &graph.concat()), bytes(8, &opset)].concat()
}

fn load(dir: &tempfile::TempDir) -> Arc<Engine> {
    let models = ModelsDir::find(Some(dir.path())).unwrap();
    Engine::load(&models, &EngineOptions::default()).unwrap()
}

/// An engine with the net y = sqrt(x), which answers -1 with no number.
pub(super) fn square_root() -> Arc<Engine> {
    load(&folder("Sqrt", &onnx("Sqrt", 3)))
}

fn input(rows: &[[f32; 3]]) -> ArrayD<f32> {
    let flat: Vec<f32> = rows.iter().flatten().copied().collect();
    ArrayD::from_shape_vec(IxDyn(&[rows.len(), 3]), flat).unwrap()
}

#[test]
fn a_net_runs_and_its_state_is_known() {
    let engine = load(&folder("Abs", &onnx("Abs", 3)));
    let status = &engine.models()[0];
    assert!(status.available, "{}", status.detail);
    assert_eq!(engine.provider(), "cpu");
    assert!(engine.runtime_version().unwrap().contains("build"));
    let mut set = engine.new_set().unwrap();
    set.warm_up().unwrap();
    let x = input(&[[-1.0, 2.0, -3.0], [4.0, -5.0, 6.0]]);
    let out = set.run("t", &[("x", x.view())]).unwrap();
    assert_eq!(
        out.get("y").unwrap().as_slice().unwrap(),
        [1.0, 2.0, 3.0, 4.0, 5.0, 6.0]
    );
    assert!(matches!(out.get("z"), Err(EngineError::Shape { .. })));
    assert_eq!(set.model("t").unwrap().id, "Abs-1");
}

#[test]
fn a_view_that_is_not_dense_is_read_in_its_own_order() {
    let engine = load(&folder("Abs", &onnx("Abs", 3)));
    let mut set = engine.new_set().unwrap();
    let x = ArrayD::from_shape_fn(IxDyn(&[3, 2]), |i| (10 * i[1] + i[0]) as f32);
    let out = set.run("t", &[("x", x.t().into_dyn())]).unwrap();
    assert_eq!(
        out.get("y").unwrap().as_slice().unwrap(),
        [0.0, 1.0, 2.0, 10.0, 11.0, 12.0]
    );
}

#[test]
fn wrong_names_and_shapes_are_refused_before_the_runtime_sees_them() {
    let mut set = load(&folder("Abs", &onnx("Abs", 3))).new_set().unwrap();
    let narrow = ArrayD::<f32>::zeros(IxDyn(&[1, 2]));
    for inputs in [
        vec![("x", narrow.view())],
        vec![("w", narrow.view())],
        vec![],
    ] {
        assert!(matches!(
            set.run("t", &inputs),
            Err(EngineError::Shape { .. })
        ));
    }
}

#[test]
fn an_output_that_is_not_finite_is_an_error() {
    let mut set = load(&folder("Log", &onnx("Log", 3))).new_set().unwrap();
    let x = input(&[[-1.0, 1.0, 1.0]]);
    let e = set.run("t", &[("x", x.view())]).unwrap_err();
    assert!(
        matches!(
            e,
            EngineError::NotFinite {
                count: 1,
                total: 3,
                ..
            }
        ),
        "{e}"
    );
    let reason = e.abstention().reason;
    assert_eq!(reason, crate::core::AbstainReason::Failed);
}

#[test]
fn a_graph_that_is_broken_or_contradicts_the_manifest_is_unavailable_at_load() {
    for (file, word) in [
        (onnx("Abs", 4), "manifest"),
        (b"no net at all".to_vec(), "failed"),
    ] {
        let engine = load(&folder("Abs", &file));
        let status = &engine.models()[0];
        assert!(
            !status.available && status.detail.contains(word),
            "{}",
            status.detail
        );
        let mut set = engine.new_set().unwrap();
        let e = set.run("t", &[]).unwrap_err();
        assert_eq!(
            e.abstention().reason,
            crate::core::AbstainReason::ModelMissing
        );
    }
}

#[test]
fn without_the_library_nets_are_unavailable_with_that_reason() {
    let dir = folder("Abs", &onnx("Abs", 3));
    let options = EngineOptions {
        runtime: Some("/nowhere/libonnxruntime.so".into()),
        ..EngineOptions::default()
    };
    let engine = Engine::load(&ModelsDir::find(Some(dir.path())).unwrap(), &options).unwrap();
    let status = &engine.models()[0];
    assert!(
        !status.available && status.detail.contains("/nowhere"),
        "{}",
        status.detail
    );
    assert_eq!(
        (engine.provider(), engine.runtime_version()),
        ("none", None)
    );
}

#[test]
fn every_shipped_model_loads_and_runs() {
    let engine = shipped();
    for model in engine.models() {
        assert!(model.available, "{}: {}", model.id, model.detail);
    }
    engine.new_set().unwrap().warm_up().unwrap();
    assert_eq!(engine.policies().len(), crate::analyze::NAMES.len());
}

/// A batch must not change what a net says of its members.
#[test]
fn four_at_once_equal_four_alone() {
    let engine = shipped();
    let mut set = engine.new_set().unwrap();
    for model in engine
        .models
        .iter()
        .filter(|m| m.is_usable_net() && m.entry.input.len() == 1)
    {
        let (task, spec) = (model.entry.task.as_str(), &model.entry.input[0]);
        let Some(axes) = spec
            .axes()
            .filter(|a| a[0] < 0 && a[1..].iter().all(|d| *d > 0))
        else {
            continue;
        };
        let mut shape: Vec<usize> = axes.iter().map(|a| a.unsigned_abs() as usize).collect();
        shape[0] = 4;
        let wave = |i: usize| ((i as f32 * 0.37).sin() * (i as f32 * 0.011).cos()).clamp(-1.0, 1.0);
        let size = shape.iter().product();
        let batch = ArrayD::from_shape_vec(IxDyn(&shape), (0..size).map(wave).collect()).unwrap();
        let together = set.run(task, &[(&spec.name, batch.view())]).unwrap();
        for n in 0..4 {
            let one = batch.slice_axis(ndarray::Axis(0), (n..n + 1).into());
            let alone = set.run(task, &[(&spec.name, one)]).unwrap();
            for output in &model.entry.outputs {
                let (a, b) = (
                    together.get(&output.name).unwrap(),
                    alone.get(&output.name).unwrap(),
                );
                for (x, y) in a.index_axis(ndarray::Axis(0), n).iter().zip(b.iter()) {
                    assert!(
                        (x - y).abs() < 1e-3 * x.abs().max(1.0),
                        "{task} {}",
                        output.name
                    );
                }
            }
        }
    }
}

/// An input for each of a net's, of one row and of a hundred where another axis is free too.
fn waves(model: &Model) -> Vec<(String, ArrayD<f32>)> {
    let wave = |spec: &InputSpec| {
        let free = |(i, n): (usize, &i64)| match usize::try_from(*n) {
            Ok(n) => n,
            Err(_) if i == 0 => 1,
            Err(_) => 100,
        };
        let shape: Vec<usize> = spec.axes().unwrap().iter().enumerate().map(free).collect();
        let at = |i: usize| (i as f32 * 0.37).sin() * 0.4 + 0.5;
        let values: Vec<f32> = (0..shape.iter().product()).map(at).collect();
        (
            spec.name.clone(),
            ArrayD::from_shape_vec(shape, values).unwrap(),
        )
    };
    model.entry.input.iter().map(wave).collect()
}

/// Every shipped net says bit for bit the same over a kept graph, and a second engine opens what the first one kept.
#[test]
fn kept_graphs_change_no_answer() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    let cache = tempfile::tempdir().unwrap();
    let folder = cache.path().join("graphs");
    let load = |graph_cache: Option<PathBuf>| {
        let options = EngineOptions {
            graph_cache,
            ..EngineOptions::default()
        };
        Engine::load(&dir, &options).unwrap()
    };
    let kept = || {
        let files = std::fs::read_dir(&folder).unwrap().map(|f| f.unwrap());
        let mut all: Vec<_> = files
            .map(|f| (f.path(), f.metadata().unwrap().modified().unwrap()))
            .collect();
        all.sort();
        all
    };
    let plain = load(None);
    load(Some(folder.clone()));
    let written = kept();
    let nets = plain.models.iter().filter(|m| m.is_usable_net());
    assert_eq!(written.len(), nets.clone().count(), "{written:?}");
    let again = load(Some(folder.clone()));
    assert_eq!(again.fingerprint(), plain.fingerprint());
    let (mut here, mut there) = (plain.new_set().unwrap(), again.new_set().unwrap());
    for model in nets {
        let inputs = waves(model);
        let views: Vec<_> = inputs.iter().map(|(n, a)| (n.as_str(), a.view())).collect();
        let task = &model.entry.task;
        let (want, got) = (
            here.run(task, &views).unwrap(),
            there.run(task, &views).unwrap(),
        );
        for output in &model.entry.outputs {
            assert_eq!(
                want.get(&output.name).unwrap(),
                got.get(&output.name).unwrap(),
                "{task} {}",
                output.name
            );
        }
    }
    assert_eq!(kept(), written, "opened, not written again");
}

/// A GPU gives what the processor gives, within the parity that the nets are held to. Needs one, with a GPU build of the
/// library and the crate feature: `cargo test --features tensorrt a_gpu_gives`, `ORT_DYLIB_PATH` naming that build.
#[cfg(feature = "cuda")]
#[test]
fn a_gpu_gives_what_the_processor_gives() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    let on = |provider| {
        let options = EngineOptions {
            provider,
            shared_by: (provider != Provider::Cpu).then_some(4),
            ..EngineOptions::default()
        };
        Engine::load(&dir, &options)
    };
    let processor = on(Provider::Cpu).unwrap();
    let mut gpus = vec![Provider::Cuda];
    if cfg!(feature = "tensorrt") {
        gpus.push(Provider::TensorRt);
    }
    for provider in gpus {
        let gpu = match on(provider) {
            Ok(gpu) => gpu,
            Err(e) => {
                crate::testing::skip("a_gpu_gives_what_the_processor_gives", &e.to_string());
                continue;
            }
        };
        let (mut here, mut there) = (processor.new_set().unwrap(), gpu.new_set().unwrap());
        for model in processor.models.iter().filter(|m| m.is_usable_net()) {
            let inputs = waves(model);
            let views: Vec<_> = inputs.iter().map(|(n, a)| (n.as_str(), a.view())).collect();
            let task = &model.entry.task;
            let want = here.run(task, &views).unwrap();
            let got = there.run(task, &views).unwrap();
            for output in &model.entry.outputs {
                let (a, b) = (
                    want.get(&output.name).unwrap(),
                    got.get(&output.name).unwrap(),
                );
                let largest = a.iter().map(|v| v.abs()).fold(1.0, f32::max);
                let worst = a
                    .iter()
                    .zip(&b)
                    .map(|(x, y)| (x - y).abs())
                    .fold(0.0, f32::max);
                assert!(
                    worst < 1e-3 * largest,
                    "{task} {}: {worst} of {largest}",
                    output.name
                );
            }
        }
    }
}

/// Without a GPU build of the library, or without the feature: an error, and never a run on the processor.
#[test]
fn a_gpu_that_cannot_be_used_is_an_error() {
    let dir = Path::new(env!("CARGO_MANIFEST_DIR")).join("models");
    let dir = ModelsDir::find(Some(&dir)).unwrap();
    for provider in [Provider::Cuda, Provider::TensorRt] {
        let options = EngineOptions {
            provider,
            gpu: crate::engine::Gpu {
                device: 63,
                ..Default::default()
            },
            ..EngineOptions::default()
        };
        let said = Engine::load(&dir, &options).unwrap_err().to_string();
        assert!(said.contains("failed"), "{said}");
    }
}
