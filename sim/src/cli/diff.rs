//! `diff`: two protocols side by side.

use super::args::{Diff, Format};
use super::checks::refuse_checks;
use super::output::{self, Objects, Out};
use super::protocol::read;
use crate::difference::pairs;
use crate::report::difference::{object, summary, text};
use crate::verdict::Exit;

/// How wide lines are that no terminal shows.
const WIDTH: usize = 100;

/// Shows how two protocols differ.
pub fn diff(args: &Diff) -> Exit {
    let both = refuse_checks("diff", &args.output)
        .and_then(|()| read(&args.old))
        .and_then(|old| Ok((old.pieces(), read(&args.new)?.pieces())));
    let (old, new) = match both {
        Ok(both) => both,
        Err(rejected) => return super::refuse(&rejected, "", args.output.color),
    };
    let pairs = pairs(&old, &new);
    if args.output.format != Format::Human {
        let mut objects = Objects::new(args.output.format);
        pairs.iter().for_each(|&pair| objects.write(&object(pair)));
        objects.finish();
        return Exit::AsExpected;
    }
    let width = width(args.width);
    let mut out = Out::new();
    if args.output.quiet {
        let differ: Vec<_> = pairs.iter().copied().filter(|pair| pair.word() != "same").collect();
        out.write(&text(&differ, width, output::style(args.output.color)));
    } else {
        out.write(&format!("{}\n{}", text(&pairs, width, output::style(args.output.color)), summary(&pairs)));
    }
    Exit::AsExpected
}

/// How wide lines are: as was asked for, or as the terminal is.
pub fn width(asked: Option<u16>) -> usize {
    asked.map_or_else(terminal, usize::from)
}

fn terminal() -> usize {
    terminal_size::terminal_size_of(std::io::stdout()).map_or(WIDTH, |(width, _)| usize::from(width.0))
}
