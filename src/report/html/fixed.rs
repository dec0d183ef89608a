//! The parts of the page that every report carries, whatever was measured.

use super::markup::Html;
use super::words;
use crate::report::{FileReport, Generator, ModelReport, Notice};

/// Every model of the manifest with its digest and the terms of its training data.
pub(super) fn models(h: &mut Html, models: &[ModelReport]) {
    h.raw("<section class=\"card\" id=\"models\"><h2>Models and their data</h2>");
    h.raw("<p class=\"terms\">The weights carry the terms of the data they were trained on, beside the licence of the code. Read them before you use a result beyond research.</p>");
    if models.is_empty() {
        h.raw("<p>No model was installed.</p></section>\n");
        return;
    }
    h.raw("<div class=\"table\"><table class=\"stack\" role=\"table\"><caption>Models of this installation; the digest is SHA-256 of the file</caption><thead><tr role=\"row\">");
    for title in ["Model", "State", "Data terms", "Digest"] {
        h.raw("<th scope=\"col\" role=\"columnheader\">")
            .text(title)
            .raw("</th>");
    }
    h.raw("</tr></thead><tbody>");
    for m in models {
        h.raw("<tr role=\"row\"><th scope=\"row\" role=\"rowheader\">")
            .text(&m.id);
        h.raw("<br><span class=\"soft small\">")
            .text(&words::plain(&m.task))
            .raw("</span></th><td role=\"cell\">");
        if m.available {
            h.raw("<span class=\"state yes\">in use</span>");
        } else {
            h.raw("<span class=\"state no\"><span>missing</span></span>");
            if !m.detail.is_empty() {
                h.raw("<br>").elem("span", "small", &m.detail);
            }
        }
        h.raw("</td><td role=\"cell\" data-label=\"Data terms\" class=\"small\">");
        h.text(if m.data_terms.is_empty() {
            "not stated"
        } else {
            &m.data_terms
        });
        h.raw("</td><td role=\"cell\" data-label=\"SHA-256\">");
        h.elem(
            "code",
            "",
            if m.sha256.is_empty() {
                "–"
            } else {
                &m.sha256
            },
        );
        h.raw("</td></tr>");
    }
    h.raw("</tbody></table></div></section>\n");
}

/// What happened to the material on its way.
pub(super) fn notices(h: &mut Html, notices: &[Notice]) {
    if notices.is_empty() {
        return;
    }
    h.raw("<section class=\"card\" id=\"notices\"><h2>What happened to the material</h2><p class=\"soft\">Facts about the recording, never evidence.</p><ul class=\"plain\">");
    for n in notices {
        h.raw("<li>");
        if !n.track.is_empty() {
            h.elem("strong", "", &n.track).text(": ");
        }
        h.text(&n.detail);
        if n.count > 1 {
            h.text(&format!(" ({} times)", words::thousands(n.count)));
        }
        h.raw("</li>");
    }
    h.raw("</ul></section>\n");
}

/// What the score does not say, and how to contest it.
pub(super) fn limits(h: &mut Html, cautions: &[String]) {
    h.raw("<section class=\"card\" id=\"limits\"><div class=\"two\"><div><h2>What this does not say</h2><ul class=\"plain\">");
    for caution in cautions {
        h.raw("<li>").text(caution).raw("</li>");
    }
    h.raw(concat!(
        "<li>It does not say who the person is, what they intend, or what they feel.</li>",
        "<li>“Not measured” is not “fine”: a hatched stretch is unknown, neither good nor bad.</li>",
        "<li>Poor light, a slow line, a headset or a virtual background lower what can be measured. They are never counted against a person.</li>",
        "<li>No decision about a person may rest on this page alone.</li>",
        "</ul></div><div id=\"contest\"><h2>How to contest it</h2><ul class=\"plain\">",
        "<li>Ask for the recording, this page and its JSON document: the same file through the same version and models, named below by digest, gives the same figures.</li>",
        "<li>Name the stretch: the table of segments under “Over time” tells for each moment which signal moved the score, and by how much.</li>",
        "<li>Give the plain causes: Bluetooth or a relay delays sound; note-taking, a second language, a stammer or a bad line lengthen pauses.</li>",
        "<li>Ask for a second interview by another route, the same for every candidate, and for a person to decide.</li>",
        "</ul></div></div></section>\n",
    ));
}

/// What wrote the page.
pub(super) fn footer(h: &mut Html, file: &FileReport, generator: &Generator) {
    h.raw("<footer><p>");
    h.text(&format!(
        "{} {} · report document version {} · input ",
        generator.name,
        generator.version,
        crate::report::DOCUMENT_VERSION
    ));
    h.elem("code", "", &file.path);
    h.raw("</p><p>");
    let blurred = !file.pictures.is_empty() && file.pictures.iter().all(|p| p.blurred);
    h.text(&match file.pictures.len() {
        _ if blurred => "This page holds no face that could be recognised and no sound of the interview. It".to_owned(),
        0 => "This page holds no picture and no sound of the interview".to_owned(),
        1 => "This page holds one small picture of a face from the interview and no sound: pass it on as you would the recording. It".to_owned(),
        n => format!("This page holds {n} small pictures of a face from the interview and no sound: pass it on as you would the recording. It"),
    });
    h.raw(if file.pictures.is_empty() { "," } else { "" });
    h.raw(" loads nothing from any network and sends nothing.</p></footer>\n");
}
