//! Where the measured traces lie: the pictures behind the stretches that stand out.
//!
//! The tint follows the regions whose statistics the net reads, as ellipses and boxes around the
//! face's box (`BOXES` and `masks` in `models/train/liveproof_train/net_statistics.py`). It is
//! drawn over the picture and not into it, so that the picture can be seen without it.

use super::markup::Html;
use super::words;
use crate::core::ParticipantSummary;
use crate::report::{FileReport, RegionShare, ReportPicture};

/// Side of the drawing in its own units.
const SIDE: f64 = 224.0;
/// Opacity of the region with the largest share.
const DEEPEST: f64 = 0.55;
/// Shares below this part of the largest are not drawn: they would only cloud the picture.
const FAINT: f64 = 0.08;
/// Regions listed beside a picture.
const LISTED: usize = 5;

/// Name of a region in the model, in words, and its boxes: centre u, v, half width, half height,
/// where the face's box is -1 to 1 in both.
type Boxed = (&'static str, &'static str, &'static [[f64; 4]]);
const BOXED: [Boxed; 6] = [
    ("forehead", "forehead", &[[0.0, -0.72, 0.55, 0.17]]),
    ("eyes", "eyes", &[[0.0, -0.18, 0.8, 0.22]]),
    ("nose", "nose", &[[0.0, 0.12, 0.22, 0.2]]),
    (
        "cheeks",
        "cheeks",
        &[[-0.55, 0.22, 0.25, 0.22], [0.55, 0.22, 0.25, 0.22]],
    ),
    ("mouth", "mouth", &[[0.0, 0.55, 0.4, 0.25]]),
    ("chin", "chin", &[[0.0, 0.85, 0.35, 0.1]]),
];
const WHOLE: [(&str, &str); 5] = [
    ("inside", "whole face"),
    ("border_up", "upper edge"),
    ("border_down", "lower edge"),
    ("ring", "around the face"),
    ("box", "size of the face"),
];

/// The pictures of one participant; nothing without any.
pub(super) fn section(h: &mut Html, id: usize, file: &FileReport, p: &ParticipantSummary) {
    let mine: Vec<&ReportPicture> = file
        .pictures
        .iter()
        .filter(|x| x.participant == p.participant)
        .collect();
    if mine.is_empty() {
        return;
    }
    h.raw("<section class=\"card traces\"><h2>Where the measured traces lie</h2><p class=\"soft\">From each of the stretches that stand out most, the picture with the highest score. The deeper the tint, the more that region’s fine structure raised the score; what lowered it is listed and not tinted. Compression, a filter or a repair of the picture can leave such traces too: they are a reason to look, not a finding about a person.</p>");
    if mine.iter().all(|p| !p.blurred) {
        h.raw(
            "<p class=\"soft\">Point at a picture, or select it, to see it without the tint.</p>",
        );
    } else {
        h.raw("<p class=\"soft\">The faces were made unrecognisable before the pictures were kept; the outlines show where eyes and mouth were.</p>");
    }
    h.raw("<div class=\"faces\">");
    for (n, picture) in mine.into_iter().enumerate() {
        one(h, id, n, picture);
    }
    h.raw("</div></section>\n");
}

fn one(h: &mut Html, id: usize, n: usize, picture: &ReportPicture) {
    let (signal, _) = words::signal(&picture.signal);
    let at = words::clock_tenths(picture.time.as_secs_f64());
    let shares = ordered(&picture.regions);
    h.raw("<figure class=\"face\"")
        .attr("data-of", &format!("timeline-{id}"))
        .attr(
            "data-from",
            &format!("{:.3}", picture.span.start.as_secs_f64()),
        )
        .attr("data-to", &format!("{:.3}", picture.span.end.as_secs_f64()));
    h.raw("><div")
        .attr(
            "class",
            if picture.blurred {
                "look blurred"
            } else {
                "look"
            },
        )
        .raw(" tabindex=\"0\"><img width=\"224\" height=\"224\"");
    h.attr(
        "src",
        &format!("data:image/jpeg;base64,{}", picture.jpeg_base64),
    );
    h.attr("alt", &description(&at, &shares)).raw(">");
    tint(h, &format!("face-{id}-{n}"), picture);
    h.raw("</div><figcaption>");
    h.elem("strong", "", &format!("At {at}"));
    h.text(&format!(
        ", in the stretch from {} to {}: {} {}",
        words::clock(picture.span.start.as_secs_f64()),
        words::clock(picture.span.end.as_secs_f64()),
        signal,
        words::signed(picture.contribution)
    ));
    list(h, &shares);
    h.raw("</figcaption></figure>");
}

/// Regions by the size of their share, with their names in words.
fn ordered(regions: &[RegionShare]) -> Vec<(String, f64)> {
    let mut all: Vec<(String, f64)> = regions
        .iter()
        .filter(|r| r.share.is_finite())
        .map(|r| (name(&r.name), r.share))
        .collect();
    all.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()).then(a.0.cmp(&b.0)));
    all
}

fn name(region: &str) -> String {
    let boxed = BOXED.iter().map(|(id, words, _)| (*id, *words));
    boxed
        .chain(WHOLE)
        .find_map(|(id, words)| (id == region).then(|| words.to_owned()))
        .unwrap_or_else(|| region.replace('_', " "))
}

/// What the picture and its tint show, for a reader who does not see them.
fn description(at: &str, shares: &[(String, f64)]) -> String {
    let raised: Vec<&str> = shares
        .iter()
        .filter(|s| s.1 > 0.0)
        .take(2)
        .map(|s| s.0.as_str())
        .collect();
    let most = if raised.is_empty() {
        "no region raised the score".to_owned()
    } else {
        format!("the score was raised most by: {}", raised.join(", "))
    };
    format!("The face at {at}; {most}")
}

/// Shares as bars around a common zero.
fn list(h: &mut Html, shares: &[(String, f64)]) {
    let reach = shares.first().map_or(1.0, |s| s.1.abs()).max(1e-9);
    h.raw("<ul class=\"shares\">");
    for (name, share) in shares.iter().take(LISTED) {
        let half = 0.5 * share.abs() / reach;
        h.raw("<li><span>").text(&words::capital(name)).raw(
            "</span><svg width=\"100%\" height=\"10\" aria-hidden=\"true\"><rect height=\"10\"",
        );
        h.raw(if *share > 0.0 {
            " class=\"m2\""
        } else {
            " class=\"a2\""
        });
        h.pct("x", if *share > 0.0 { 0.5 } else { 0.5 - half });
        h.pct("width", half)
            .raw("/><rect class=\"zero\" width=\"1\" height=\"10\"");
        h.pct("x", 0.5)
            .raw("/></svg><b>")
            .text(&words::signed(*share))
            .raw("</b></li>");
    }
    h.raw("</ul>");
}

/// The tint over the picture: each region that raised the score, as deep as its share.
fn tint(h: &mut Html, id: &str, picture: &ReportPicture) {
    let regions = &picture.regions;
    let [cx, cy, w, height] = picture.face.map(|v| f64::from(v) * SIDE);
    if ![cx, cy, w, height].iter().all(|v| v.is_finite()) || w <= 0.0 || height <= 0.0 {
        return;
    }
    let oval = Oval {
        cx,
        cy,
        rx: 0.5 * w,
        ry: 0.5 * height,
    };
    let largest = regions.iter().map(|r| r.share).fold(0.0, f64::max);
    h.raw("<svg viewBox=\"0 0 224 224\" aria-hidden=\"true\"><defs><clipPath")
        .attr("id", id)
        .raw("><ellipse");
    oval.ellipse(h, 0.95);
    h.raw("/></clipPath><filter")
        .attr("id", &format!("{id}-soft"));
    h.raw("><feGaussianBlur stdDeviation=\"3\"/></filter></defs><g")
        .attr("filter", &format!("url(#{id}-soft)"))
        .raw(">");
    for r in regions
        .iter()
        .filter(|r| largest > 0.0 && r.share >= FAINT * largest)
    {
        h.raw("<g class=\"heat\"")
            .num("opacity", DEEPEST * r.share / largest)
            .raw(">");
        shape(h, id, &oval, &r.name);
        h.raw("</g>");
    }
    h.raw("</g>");
    if picture.blurred {
        // Where eyes and mouth are can no longer be seen.
        for region in ["eyes", "mouth"] {
            h.raw("<g class=\"outline\">");
            shape(h, id, &oval, region);
            h.raw("</g>");
        }
    }
    h.raw("<ellipse class=\"edge\"");
    oval.ellipse(h, 1.0);
    h.raw("/></svg>");
}

/// The face's box as an ellipse, in the drawing's units.
struct Oval {
    cx: f64,
    cy: f64,
    rx: f64,
    ry: f64,
}

// === impl Oval ===

impl Oval {
    /// Attributes of the ellipse at `r` times its size.
    fn ellipse(&self, h: &mut Html, r: f64) {
        h.num("cx", self.cx)
            .num("cy", self.cy)
            .num("rx", r * self.rx)
            .num("ry", r * self.ry);
    }

    /// A closed path around the ellipse at `r` times its size.
    fn path(&self, r: f64) -> String {
        let (rx, ry) = (r * self.rx, r * self.ry);
        let (left, right) = (self.cx - rx, self.cx + rx);
        format!(
            "M{left:.2} {y:.2}A{rx:.2} {ry:.2} 0 1 1 {right:.2} {y:.2}A{rx:.2} {ry:.2} 0 1 1 {left:.2} {y:.2}Z",
            y = self.cy
        )
    }
}

/// One region's area.
fn shape(h: &mut Html, id: &str, o: &Oval, region: &str) {
    match region {
        "inside" => {
            h.raw("<ellipse");
            o.ellipse(h, 0.9);
            h.raw("/>");
        }
        "ring" => {
            let outside = format!("M0 0H{SIDE}V{SIDE}H0Z{}", o.path(1.3));
            h.raw("<path fill-rule=\"evenodd\"")
                .attr("d", &outside)
                .raw("/>");
        }
        "border_up" | "border_down" => {
            // The band between 0.85 and 1.15 of the ellipse, above or below its middle.
            let over = u8::from(region == "border_up");
            let (outer, inner) = ((1.15 * o.rx, 1.15 * o.ry), (0.85 * o.rx, 0.85 * o.ry));
            let band = format!(
                "M{:.2} {y:.2}A{:.2} {:.2} 0 0 {over} {:.2} {y:.2}H{:.2}A{:.2} {:.2} 0 0 {} {:.2} {y:.2}Z",
                o.cx - outer.0,
                outer.0,
                outer.1,
                o.cx + outer.0,
                o.cx + inner.0,
                inner.0,
                inner.1,
                1 - over,
                o.cx - inner.0,
                y = o.cy
            );
            h.raw("<path").attr("d", &band).raw("/>");
        }
        _ => {
            let boxes = BOXED
                .iter()
                .find(|(name, ..)| *name == region)
                .map_or(&[][..], |b| b.2);
            h.raw("<g")
                .attr("clip-path", &format!("url(#{id})"))
                .raw(">");
            for [u, v, hu, hv] in boxes {
                h.raw("<rect rx=\"5\"");
                h.num("x", o.cx + (u - hu) * o.rx)
                    .num("y", o.cy + (v - hv) * o.ry);
                h.num("width", 2.0 * hu * o.rx)
                    .num("height", 2.0 * hv * o.ry)
                    .raw("/>");
            }
            h.raw("</g>");
        }
    }
}
