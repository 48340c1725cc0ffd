//! Runs that do not come back, which no program of ours gives: they are put in by hand.

use super::*;
use crate::ask::{Plan, ask};
use crate::library::ShippedLibrary;
use crate::report::replayed::notes;
use std::cell::Cell;

/// Of a text in which something breaks.
fn recording() -> Recording {
    let text = "on rfc2007; int x; task one { x = 1; x = 2; } task two { seen = x; }
        finally none: two.seen == 0;";
    let scenario = Scenario::read("x.pernet", text).unwrap();
    let question = scenario.questions(None, &[].into()).remove(0);
    let answer = ask(&scenario, &question, &Plan::default(), &ShippedLibrary, &()).unwrap();
    Recording::of(&answer, &answer.violations[0]).unwrap()
}

/// A program that does not do again what it does: run by the picks without the last ones, one more each time.
fn by_turns(recording: &Recording, fewer: &[usize]) -> Result<Rerun, Box<Rejected>> {
    let run = Cell::new(0);
    let own_run = |how: &How<'_>, onto: &Onto| {
        let left_out = fewer[run.get()];
        run.set(run.get() + 1);
        let picks = &how.recording.schedule.0[left_out..];
        replay(&onto.loaded, &Room::default(), picks, false, how.max_steps())
    };
    recording.repeat_by(Mode::Strict, None, &Limits::default(), &(), &own_run)
}

#[test]
fn a_run_that_is_another_one_each_time_is_our_fault() {
    let recording = recording();
    assert!(recording.schedule.0.len() >= 2, "{}", recording.schedule);
    assert_eq!(by_turns(&recording, &[0]).unwrap().answer.exit, Exit::Finding);
    let rerun = by_turns(&recording, &[1, 2]).unwrap();
    assert_eq!((rerun.answer.exit, rerun.answer.exit.code()), (Exit::Nondeterminism, 5));
    let said = "the same picks gave two different runs";
    assert_eq!(rerun.answer.nondeterminism.as_deref(), Some(said));
    assert!(notes(&rerun).contains(said), "{}", notes(&rerun));
    // Twice the same, and another one than was recorded: the file is to blame.
    let refused = by_turns(&recording, &[1, 1]).unwrap_err();
    assert_eq!(refused.diagnostics[0].code, codes::REPLAY_DIVERGES);
}
