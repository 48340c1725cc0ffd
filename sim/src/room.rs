//! Compiling a question, and again with more room for as long as its world turns out too small.

use crate::engine::Halt;
use crate::question::{Loaded, Rejected};
use model::machine::{Finding, Program, Room};

/// Why nothing came out.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Unrun {
    /// The text cannot be used.
    Rejected(Box<Rejected>),
    /// Something is wrong before the first step.
    Boot(Box<Finding>, Option<crate::trace::Place>),
}

/// Calls `run` with the compiled question, again and again while it asks for more room. The same picks give the same
/// run in a larger room, so what it has counted so far stays good.
///
/// # Errors
/// If the text cannot be compiled or booted, or is wrong before the first step.
pub fn with_room<T>(
    loaded: &Loaded,
    room: &mut Room,
    run: impl FnMut(&Program) -> Result<T, Halt>,
) -> Result<T, Unrun> {
    again(loaded, room, Loaded::compile, run)
}

/// The same without judges and conditions.
///
/// # Errors
/// If the text cannot be compiled or booted, or is wrong before the first step.
pub fn with_room_unjudged<T>(
    loaded: &Loaded,
    room: &mut Room,
    run: impl FnMut(&Program) -> Result<T, Halt>,
) -> Result<T, Unrun> {
    again(loaded, room, Loaded::compile_unjudged, run)
}

fn again<T>(
    loaded: &Loaded,
    room: &mut Room,
    compile: impl Fn(&Loaded, &Room) -> Result<Program, Rejected>,
    mut run: impl FnMut(&Program) -> Result<T, Halt>,
) -> Result<T, Unrun> {
    loop {
        let program = compile(loaded, room).map_err(|rejected| Unrun::Rejected(Box::new(rejected)))?;
        match run(&program) {
            Ok(out) => return Ok(out),
            Err(Halt::Room(more)) => *room = more,
            Err(Halt::Text(diagnostic)) => {
                return Err(Unrun::Rejected(Box::new(loaded.rejected(*diagnostic))));
            }
            Err(Halt::Finding(finding)) => {
                let span = finding.pc.map(|pc| program.spans[pc as usize]);
                let place = span.map(|span| crate::trace::Place::of(&program, span));
                return Err(Unrun::Boot(Box::new(finding), place));
            }
        }
    }
}
