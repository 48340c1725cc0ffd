//! Standard output for results, standard error for what is wrong.

use super::args::{Color, Format, When};
use crate::question::Rejected;
use crate::report::diagnostic::render;
use crate::report::style::Style;
use std::io::{self, IsTerminal, Write};

/// Standard output. A reader that has gone away is no error: what it did not want is not written.
pub struct Out {
    out: io::StdoutLock<'static>,
    gone: bool,
}

impl Out {
    /// All of standard output, for one thread.
    #[must_use]
    pub fn new() -> Self {
        Self { out: io::stdout().lock(), gone: false }
    }

    /// Writes at once.
    pub fn write(&mut self, text: &str) {
        if !self.gone {
            self.gone = self.out.write_all(text.as_bytes()).and_then(|()| self.out.flush()).is_err();
        }
    }
}

/// Objects on standard output: one a line, or one array of them.
pub struct Objects {
    out: Out,
    array: bool,
    written: usize,
}

impl Objects {
    /// None yet.
    #[must_use]
    pub fn new(format: Format) -> Self {
        Self { out: Out::new(), array: format == Format::Json, written: 0 }
    }

    /// Writes one, which is on one line.
    pub fn write(&mut self, object: &str) {
        let before = match (self.array, self.written) {
            (true, 0) => "[\n",
            (true, _) => ",\n",
            (false, _) => "",
        };
        self.out.write(&format!("{before}{object}{}", if self.array { "" } else { "\n" }));
        self.written += 1;
    }

    /// There are no more.
    pub fn finish(mut self) {
        if self.array {
            self.out.write(if self.written == 0 { "[]\n" } else { "\n]\n" });
        }
    }
}

/// Says what is wrong with an input.
pub fn complain(rejected: &Rejected, folder: &str, color: Color) {
    let text = render(rejected, folder, colored(color, io::stderr().is_terminal()));
    // Nobody is left to be told if this fails.
    let _ = io::stderr().lock().write_all(text.as_bytes());
}

/// Says something that is no result.
pub fn remark(text: &str) {
    let _ = writeln!(io::stderr().lock(), "{text}");
}

/// How results are marked.
#[must_use]
pub fn style(color: Color) -> Style {
    Style { color: colored(color, io::stdout().is_terminal()) }
}

fn colored(color: Color, terminal: bool) -> bool {
    match color.color {
        When::Always => true,
        When::Never => false,
        When::Auto => terminal && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty()),
    }
}
