//! The pages that the program serves: the host's console and the candidate's page.
//!
//! **In:** a request's path; the protocol's descriptors. **Out:** bytes with their content type. The pages are
//! plain files of `assets/`, embedded as they are: no framework, no build step, nothing from elsewhere. They
//! reach the services over gRPC-web on the same origin and read [`protocol_json`] to encode and decode its
//! messages, so that they know no field number.
//!
//! Not handled here: HTTP itself. Whoever serves these bytes sets [`HEADERS`] on each answer; the policy in it
//! lets a page run and reach nothing but what came from its own origin.

mod protocol;
#[cfg(test)]
mod tests;

pub use protocol::{ProtocolError, protocol_json};

/// Content security policy of the pages: own scripts, styles and calls; no inline script or style, no frame.
pub const CONTENT_SECURITY_POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; \
     media-src 'self'; connect-src 'self'; worker-src 'self'; base-uri 'none'; form-action 'none'; \
     frame-ancestors 'none'";

/// Headers of every page and asset. No page may be kept: a candidate's link holds an invitation.
pub const HEADERS: &[(&str, &str)] = &[
    ("content-security-policy", CONTENT_SECURITY_POLICY),
    ("x-content-type-options", "nosniff"),
    ("referrer-policy", "no-referrer"),
    ("cross-origin-opener-policy", "same-origin"),
    ("cross-origin-resource-policy", "same-origin"),
    (
        "permissions-policy",
        "camera=(self), microphone=(self), geolocation=()",
    ),
    ("cache-control", "no-store"),
];

/// Where the pages look for the descriptors that [`protocol_json`] makes.
pub const PROTOCOL_PATH: &str = "/assets/protocol.json";

const HTML: &str = "text/html; charset=utf-8";
const CSS: &str = "text/css; charset=utf-8";
const SCRIPT: &str = "text/javascript; charset=utf-8";
const SVG: &str = "image/svg+xml";

/// Path, content type and bytes of each file.
macro_rules! assets {
    ($($path:literal: $kind:ident = $file:literal),* $(,)?) => {
        const ASSETS: &[(&str, &str, &[u8])] = &[
            $(($path, $kind, include_bytes!(concat!("assets/", $file)))),*
        ];
    };
}

assets! {
    "/": HTML = "console.html",
    "/join": HTML = "join.html",
    // Palette, type and lanes of the report pages, so that all pages of the program look alike.
    "/assets/report.css": CSS = "../../report/html/style.css",
    "/assets/style.css": CSS = "style.css",
    "/assets/console.css": CSS = "console.css",
    "/assets/join.css": CSS = "join.css",
    "/assets/icon.svg": SVG = "icon.svg",
    "/assets/codec.js": SCRIPT = "codec.js",
    "/assets/rpc.js": SCRIPT = "rpc.js",
    "/assets/dom.js": SCRIPT = "dom.js",
    "/assets/words.js": SCRIPT = "words.js",
    "/assets/console.js": SCRIPT = "console.js",
    "/assets/console-interview.js": SCRIPT = "console-interview.js",
    "/assets/console-live.js": SCRIPT = "console-live.js",
    "/assets/console-challenges.js": SCRIPT = "console-challenges.js",
    "/assets/console-summary.js": SCRIPT = "console-summary.js",
    "/assets/lanes.js": SCRIPT = "lanes.js",
    "/assets/join.js": SCRIPT = "join.js",
    "/assets/join-texts.js": SCRIPT = "join-texts.js",
    "/assets/join-link.js": SCRIPT = "join-link.js",
    "/assets/join-challenges.js": SCRIPT = "join-challenges.js",
    "/assets/capture.js": SCRIPT = "capture.js",
    "/assets/sound-worklet.js": SCRIPT = "sound-worklet.js",
}

/// Content type and bytes of what lies at a path, as `/`, `/join` or `/assets/codec.js`; `None` where nothing
/// does. The descriptors at [`PROTOCOL_PATH`] are made by [`protocol_json`].
pub fn asset(path: &str) -> Option<(&'static str, &'static [u8])> {
    ASSETS
        .iter()
        .find_map(|(at, kind, bytes)| (*at == path).then_some((*kind, *bytes)))
}
