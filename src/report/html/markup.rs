//! Text that becomes HTML. Only literals of this program enter unescaped.

use std::fmt::Write as _;

/// HTML under construction. Markup comes in as `&'static str`, so that nothing read from a
/// file, a wire or a model can pass as markup; everything else is escaped.
#[derive(Debug, Default)]
pub(crate) struct Html(String);

impl Html {
    /// Adds literal markup of this program.
    pub(crate) fn raw(&mut self, markup: &'static str) -> &mut Self {
        self.0.push_str(markup);
        self
    }

    /// Adds text, escaped.
    pub(crate) fn text(&mut self, text: &str) -> &mut Self {
        escape_into(&mut self.0, text);
        self
    }

    /// Adds ` name="value"`, the value escaped.
    pub(crate) fn attr(&mut self, name: &'static str, value: &str) -> &mut Self {
        self.0.push(' ');
        self.0.push_str(name);
        self.0.push_str("=\"");
        escape_into(&mut self.0, value);
        self.0.push('"');
        self
    }

    /// Adds ` name="number"` with two decimals.
    pub(crate) fn num(&mut self, name: &'static str, value: f64) -> &mut Self {
        let _ = write!(self.0, " {name}=\"{:.2}\"", finite(value));
        self
    }

    /// Adds ` name="number%"` with three decimals.
    pub(crate) fn pct(&mut self, name: &'static str, share: f64) -> &mut Self {
        let _ = write!(self.0, " {name}=\"{:.3}%\"", finite(share) * 100.0);
        self
    }

    /// Adds `<tag class="class">text</tag>`; no class attribute when `class` is empty.
    pub(crate) fn elem(&mut self, tag: &'static str, class: &'static str, text: &str) -> &mut Self {
        self.0.push('<');
        self.0.push_str(tag);
        if !class.is_empty() {
            self.attr("class", class);
        }
        self.0.push('>');
        self.text(text);
        let _ = write!(self.0, "</{tag}>");
        self
    }

    /// The finished markup.
    pub(crate) fn finish(self) -> String {
        self.0
    }
}

/// A number that is not finite cannot place anything on a page: it becomes 0.
fn finite(value: f64) -> f64 {
    if value.is_finite() { value } else { 0.0 }
}

/// Escapes text for element content and quoted attributes. Control characters, and the
/// characters that turn the reading direction, become U+FFFD: they would let a file name
/// show as something that it is not.
fn escape_into(out: &mut String, text: &str) {
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\'' => out.push_str("&#39;"),
            '\n' | '\t' => out.push(' '),
            c if c.is_control() || turns_direction(c) => out.push('\u{fffd}'),
            c => out.push(c),
        }
    }
}

fn turns_direction(c: char) -> bool {
    matches!(c, '\u{200e}' | '\u{200f}' | '\u{061c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn escaped(text: &str) -> String {
        let mut out = String::new();
        escape_into(&mut out, text);
        out
    }

    #[test]
    fn every_character_with_a_meaning_is_escaped() {
        assert_eq!(
            escaped(r#"<a href="x" t='y'>&"#),
            "&lt;a href=&quot;x&quot; t=&#39;y&#39;&gt;&amp;"
        );
        assert_eq!(
            escaped("a\u{202e}gpj.exe\u{0}\nb"),
            "a\u{fffd}gpj.exe\u{fffd} b"
        );
        assert_eq!(escaped("größer – 東京 ✓"), "größer – 東京 ✓");
    }

    #[test]
    fn numbers_that_are_not_finite_place_nothing() {
        let mut h = Html::default();
        h.pct("x", f64::NAN).num("y", f64::INFINITY);
        assert_eq!(h.finish(), " x=\"0.000%\" y=\"0.00\"");
    }
}
