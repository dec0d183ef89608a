//! For tests only: where media beside the repository lies, and loud skips where it does not.
//!
//! Included by path in the integration tests as well, so it uses nothing of the crate.
#![allow(dead_code, clippy::unwrap_used, clippy::expect_used)]

use std::io::Write as _;
use std::path::{Path, PathBuf};

/// The media folder (`LIVEPROOF_DATA`, default `../shared/data`), or `None` after saying that
/// `test` is skipped. `.ci/test` lists and counts what was skipped.
pub fn shared_data(test: &str) -> Option<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let data = std::env::var_os("LIVEPROOF_DATA")
        .map_or_else(|| root.join("../shared/data"), PathBuf::from);
    if data.join("MANIFEST.csv").is_file() {
        return Some(data);
    }
    skip(test, &format!("no media at {}", data.display()));
    None
}

/// Says, and counts where `.ci/test` asks for it, that a test could not do its work.
pub fn skip(test: &str, reason: &str) {
    eprintln!("SKIPPED {test}: {reason}");
    if let Some(log) = std::env::var_os("LIVEPROOF_SKIP_LOG") {
        let mut file = std::fs::OpenOptions::new()
            .append(true)
            .create(true)
            .open(log)
            .expect("LIVEPROOF_SKIP_LOG can be written");
        writeln!(file, "{test}: {reason}").expect("LIVEPROOF_SKIP_LOG can be written");
    }
}

/// Writes a stand-in for the face-swap net, with what reference mode needs, and an overlay of the
/// manifest that brings it; returns the overlay's path. Its read-outs are plain means of the
/// picture: `logit` and `reference` over all of it, `change` by channel, `surround` the face's box.
/// `table` is the text of `[model.calibration.reference]`, without which the outputs are left out
/// of the manifest.
pub fn reference_overlay(folder: &Path, table: Option<&str>) -> PathBuf {
    use sha2::Digest as _;
    let net = stand_in();
    std::fs::write(folder.join("stand-in.onnx"), &net).expect("the folder can be written");
    let output = |name: &str| format!("[[model.outputs]]\nname = \"{name}\"\n");
    let outputs: String = ["logit", "embedding", "regions"].map(output).concat();
    let more: String = ["reference", "change", "surround"].map(output).concat();
    let (more, table) = match table {
        Some(table) => (more, format!("[model.calibration.reference]\n{table}\n")),
        None => (String::new(), String::new()),
    };
    let text = format!(
        "version = 1\n[[model]]\nid = \"stand-in\"\ntask = \"face_swap\"\nfile = \"stand-in.onnx\"\n\
         sha256 = \"{}\"\nlicence = \"MIT\"\ndata_terms = \"none\"\n\
         [[model.input]]\nname = \"image\"\nlayout = \"NCHW\"\ncolor = \"RGB\"\nwidth = 224\nheight = 224\n\
         mean = [0.5, 0.5, 0.5]\nstd = [0.5, 0.5, 0.5]\n\
         [model.input.crop]\nkind = \"native_square\"\nscale = 1.5\n\
         [[model.input]]\nname = \"face\"\nlayout = \"N4\"\nshape = [-1, 4]\n{outputs}{more}\
         [model.calibration]\nkind = \"logistic\"\nslope = 1.0\noffset = 0.0\ncap = 1.0\nknown_share = 1.0\n\
         min_score = -9.0\nmax_score = 9.0\nauc = 0.8\nauc_low = 0.7\n{table}\
         [model.params]\nmin_face_px = 20.0\nfull_face_px = 60.0\nmin_sharpness = 0.1\nmin_luma = 5.0\n\
         max_luma = 250.0\nmax_yaw_deg = 80.0\nmin_pictures = 2\nfull_pictures = 4\nmax_distance = 9.0\n\
         regions = [\"red\", \"green\", \"blue\"]\n",
        hex::encode(sha2::Sha256::digest(&net))
    );
    let path = folder.join("stand-in.toml");
    std::fs::write(&path, text).expect("the folder can be written");
    path
}

/// `[model.calibration.reference]` of a stand-in, with this limit of `surround`.
pub fn reference_table(max_surround: f64, min_pictures: u32) -> String {
    format!(
        "slope = 2.0\nchange_slope = 0.1\noffset = 0.0\ncap = 2.0\nknown_share = 1.0\n\
         max_surround = {max_surround:?}\nmin_score = -9.0\nmax_score = 9.0\nauc = 0.9\nauc_low = 0.85\n\
         min_pictures = {min_pictures}"
    )
}

fn varint(mut v: u64) -> Vec<u8> {
    let mut out = Vec::new();
    while v >= 0x80 {
        out.push(v as u8 | 0x80);
        v >>= 7;
    }
    out.push(v as u8);
    out
}

/// A number field of a protobuf message, for ONNX files of a few nodes.
pub fn onnx_number(field: u64, v: u64) -> Vec<u8> {
    [varint(field << 3), varint(v)].concat()
}

/// A text, bytes or message field.
pub fn onnx_bytes(field: u64, v: &[u8]) -> Vec<u8> {
    [varint(field << 3 | 2), varint(v.len() as u64), v.to_vec()].concat()
}

/// A float tensor [n, axes..] as ValueInfoProto of `onnx.proto3`.
pub fn onnx_value(name: &str, axes: &[u64]) -> Vec<u8> {
    let mut dims = onnx_bytes(1, &onnx_bytes(2, b"n"));
    axes.iter()
        .for_each(|a| dims.extend(onnx_bytes(1, &onnx_number(1, *a))));
    let tensor = [onnx_number(1, 1), onnx_bytes(2, &dims)].concat();
    [
        onnx_bytes(1, name.as_bytes()),
        onnx_bytes(2, &onnx_bytes(1, &tensor)),
    ]
    .concat()
}

/// A node of one input and one output, as a field of GraphProto.
fn onnx_node(op: &str, from: &str, to: &str, attributes: &[Vec<u8>]) -> Vec<u8> {
    let mut out = [
        onnx_bytes(1, from.as_bytes()),
        onnx_bytes(2, to.as_bytes()),
        onnx_bytes(4, op.as_bytes()),
    ]
    .concat();
    attributes.iter().for_each(|a| out.extend(onnx_bytes(5, a)));
    onnx_bytes(1, &out)
}

/// The mean over some axes; `keep` = 1 leaves them in with a length of 1.
fn onnx_mean(from: &str, to: &str, axes: &[u64], keep: u64) -> Vec<u8> {
    let list: Vec<u8> = axes.iter().flat_map(|a| onnx_number(8, *a)).collect();
    let axes = [onnx_bytes(1, b"axes"), list, onnx_number(20, 7)].concat();
    let keep = [
        onnx_bytes(1, b"keepdims"),
        onnx_number(3, keep),
        onnx_number(20, 2),
    ]
    .concat();
    onnx_node("ReduceMean", from, to, &[axes, keep])
}

/// A graph as an ONNX file of operator set 17.
fn onnx_file(graph: &[u8]) -> Vec<u8> {
    let opset = [onnx_bytes(1, b""), onnx_number(2, 17)].concat();
    [
        onnx_number(1, 8),
        onnx_bytes(7, graph),
        onnx_bytes(8, &opset),
    ]
    .concat()
}

/// A net of one's own, with one input [n, axes..]: its output is the mean over `over`, in the shape
/// [n, out..]. Where all axes are averaged they come down to one number.
pub fn own_net(input: &str, axes: &[u64], over: &[u64], output: &str, out: &[u64]) -> Vec<u8> {
    let all = over.len() == axes.len();
    let (inner, last) = if all {
        (&over[1..], true)
    } else {
        (over, false)
    };
    let mut graph = Vec::new();
    if inner.is_empty() {
        graph.extend(onnx_mean(input, output, over, 1));
    } else if last {
        graph.extend(onnx_mean(input, "inner", inner, 0));
        graph.extend(onnx_mean("inner", output, &over[..1], 1));
    } else {
        graph.extend(onnx_mean(input, output, over, 0));
    }
    graph.extend(onnx_bytes(2, b"g"));
    graph.extend(onnx_bytes(11, &onnx_value(input, axes)));
    graph.extend(onnx_bytes(12, &onnx_value(output, out)));
    onnx_file(&graph)
}

/// A net of one's own that gives its picture [n, 3, side, side] back in `step` times fewer rows and
/// columns, each the mean of `step` squared pixels.
pub fn own_pooled(input: &str, side: u64, step: u64, output: &str) -> Vec<u8> {
    let both = |name: &[u8]| {
        let list = [onnx_number(8, step), onnx_number(8, step)].concat();
        [onnx_bytes(1, name), list, onnx_number(20, 7)].concat()
    };
    let graph = [
        onnx_node(
            "AveragePool",
            input,
            output,
            &[both(b"kernel_shape"), both(b"strides")],
        ),
        onnx_bytes(2, b"g"),
        onnx_bytes(11, &onnx_value(input, &[3, side, side])),
        onnx_bytes(12, &onnx_value(output, &[3, side / step, side / step])),
    ]
    .concat();
    onnx_file(&graph)
}

/// A net of one's own with a picture [n, 3, side, side], which it does not look at, and two masks
/// [n, 2, side, side], whose mean is its output [n, 1].
pub fn own_masked(picture: &str, masks: &str, side: u64, output: &str) -> Vec<u8> {
    let graph = [
        onnx_mean(masks, "m", &[2, 3], 0),
        onnx_mean("m", output, &[1], 1),
        onnx_bytes(2, b"g"),
        onnx_bytes(11, &onnx_value(picture, &[3, side, side])),
        onnx_bytes(11, &onnx_value(masks, &[2, side, side])),
        onnx_bytes(12, &onnx_value(output, &[1])),
    ]
    .concat();
    onnx_file(&graph)
}

/// Writes a net and an overlay of the manifest that brings it for a task; `text` holds the entry's
/// tables. Returns the overlay's path.
pub fn own_overlay(folder: &Path, task: &str, id: &str, net: &[u8], text: &str) -> PathBuf {
    use sha2::Digest as _;
    std::fs::write(folder.join("own.onnx"), net).expect("the folder can be written");
    let digest = hex::encode(sha2::Sha256::digest(net));
    let text = format!(
        "version = 1\n[[model]]\nid = \"{id}\"\ntask = \"{task}\"\nfile = \"own.onnx\"\nsha256 = \"{digest}\"\n\
         licence = \"own\"\ndata_terms = \"own\"\n{text}"
    );
    let path = folder.join("own.toml");
    std::fs::write(&path, text).expect("the folder can be written");
    path
}

/// Field numbers are those of `onnx.proto3` (ModelProto, GraphProto, NodeProto, AttributeProto,
/// ValueInfoProto).
fn stand_in() -> Vec<u8> {
    use {onnx_bytes as bytes, onnx_mean as mean, onnx_value as value};
    let same = |from: &str, to: &str| onnx_node("Identity", from, to, &[]);
    let mut graph = [
        mean("image", "m", &[2, 3], 0),
        mean("m", "logit", &[1], 1),
        same("logit", "reference"),
        same("m", "embedding"),
        same("m", "regions"),
        same("m", "change"),
        same("face", "surround"),
        bytes(2, b"g"),
        bytes(11, &value("image", &[3, 224, 224])),
        bytes(11, &value("face", &[4])),
    ]
    .concat();
    for (name, width) in [("logit", 1), ("reference", 1), ("surround", 4)] {
        graph.extend(bytes(12, &value(name, &[width])));
    }
    for name in ["embedding", "regions", "change"] {
        graph.extend(bytes(12, &value(name, &[3])));
    }
    onnx_file(&graph)
}
