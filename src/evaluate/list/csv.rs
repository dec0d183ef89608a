//! Comma-separated values as RFC 4180 writes them, with the line of each record. Pure.

use super::ListError;

/// A record and the line on which it starts, counted from 1.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Record {
    /// Line, counted from 1.
    pub line: usize,
    /// The fields, without their quotes.
    pub fields: Vec<String>,
}

/// Splits a text into records. Lines that hold nothing are left out; a byte order mark is skipped.
///
/// # Errors
/// [`ListError::Syntax`] names line and field of a quote that is wrong.
pub fn records(text: &str) -> Result<Vec<Record>, ListError> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    let mut out = Vec::new();
    let mut reader = Reader {
        chars: text.chars().peekable(),
        line: 1,
    };
    while reader.chars.peek().is_some() {
        let line = reader.line;
        let fields = reader.record()?;
        if fields.iter().any(|f| !f.is_empty()) || fields.len() > 1 {
            out.push(Record { line, fields });
        }
    }
    Ok(out)
}

struct Reader<'a> {
    chars: std::iter::Peekable<std::str::Chars<'a>>,
    line: usize,
}

impl Reader<'_> {
    fn record(&mut self) -> Result<Vec<String>, ListError> {
        let mut fields = Vec::new();
        loop {
            let field = if self.chars.peek() == Some(&'"') {
                self.quoted(fields.len() + 1)?
            } else {
                self.plain()
            };
            fields.push(field);
            match self.chars.next() {
                Some(',') => {}
                Some('\r') => {
                    self.chars.next_if_eq(&'\n');
                    self.line += 1;
                    return Ok(fields);
                }
                Some('\n') => {
                    self.line += 1;
                    return Ok(fields);
                }
                None => return Ok(fields),
                Some(c) => {
                    return Err(ListError::Syntax {
                        line: self.line,
                        field: fields.len(),
                        problem: format!("{c:?} after a closing quote"),
                    });
                }
            }
        }
    }

    fn plain(&mut self) -> String {
        let mut field = String::new();
        while let Some(c) = self.chars.next_if(|c| !matches!(c, ',' | '\r' | '\n')) {
            field.push(c);
        }
        field
    }

    fn quoted(&mut self, field: usize) -> Result<String, ListError> {
        let opened = self.line;
        let mut text = String::new();
        self.chars.next();
        loop {
            match self.chars.next() {
                Some('"') if self.chars.next_if_eq(&'"').is_some() => text.push('"'),
                Some('"') => return Ok(text),
                Some(c) => {
                    self.line += usize::from(c == '\n');
                    text.push(c);
                }
                None => {
                    return Err(ListError::Syntax {
                        line: opened,
                        field,
                        problem: "a quote is opened and never closed".to_owned(),
                    });
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::csv_field as field;
    use proptest::prelude::*;

    #[test]
    fn quotes_line_ends_and_lines_are_read() {
        let text = "\u{feff}a,b\r\n\"x, \"\"y\"\"\",\"two\nlines\"\n\n1,\n";
        let found = records(text).unwrap();
        let lines: Vec<usize> = found.iter().map(|r| r.line).collect();
        assert_eq!(lines, [1, 2, 5]);
        assert_eq!(found[1].fields, ["x, \"y\"", "two\nlines"]);
        assert_eq!(found[2].fields, ["1", ""]);
    }

    #[test]
    fn broken_quotes_name_line_and_field() {
        let at = |text: &str| match records(text).unwrap_err() {
            ListError::Syntax { line, field, .. } => (line, field),
            e => panic!("{e}"),
        };
        assert_eq!(at("a,b\n1,\"open\nend"), (2, 2));
        assert_eq!(at("a\n\"x\"y"), (2, 1));
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(rows in prop::collection::vec(
            prop::collection::vec("[a-c,\"\n é]{0,6}", 2..4), 1..5)) {
            let text: String = rows
                .iter()
                .map(|r| r.iter().map(|f| field(f)).collect::<Vec<_>>().join(",") + "\n")
                .collect();
            let back: Vec<Vec<String>> =
                records(&text).unwrap().into_iter().map(|r| r.fields).collect();
            prop_assert_eq!(back, rows);
        }
    }
}
