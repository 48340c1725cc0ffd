//! Can a page be made smaller? Asked in another way than the program does: pieces are found in the bare text, by its semicolons and
//! braces, and what is left is searched whole, layer by layer, without reductions and fingerprints.

use crate::explore::{Script, explore_within};
use crate::lab::Case;
use model::judge::orders::Orders;
use model::machine::{Finding, Program, Room, Stop, World};
use sim::engine::Halt;
use sim::library::ShippedLibrary;
use sim::livelock::Livelock;
use sim::question::{Loaded, Scenario, Values, stem};
use sim::room::{Unrun, with_room};
use sim::shrink::Baseline;
use sim::signature::{Signature, is_of_a_step};
use std::collections::{BTreeSet, VecDeque};

/// What makes a smaller page count.
#[derive(Clone, Copy, Debug)]
pub struct Counts<'a> {
    /// It breaks this, at this place.
    pub signature: &'a Signature,
    /// In at most so many steps.
    pub longest: u64,
    /// On these protocols nothing of this name breaks, and nothing else but what they say.
    pub controls: &'a [Baseline],
    /// Some schedule ends well.
    pub avoidable: bool,
}

/// A page without one of its pieces, which still fails in the same way; `None`: there is none, as far as `most` states of each
/// can tell.
#[must_use]
pub fn smaller(case: &Case, counts: Counts<'_>, most: usize) -> Option<String> {
    let text = bare(case.scenario.text());
    let protocol = case.question.protocol.as_str();
    pieces(&text).into_iter().find_map(|(from, to)| {
        let left = format!("{}{}", &text[..from], &text[to..]);
        let file = &case.scenario.file;
        let seen = match is_of_a_whole(counts.signature) {
            true => seen_whole(&broken(file, &left, protocol, most)?, counts.signature),
            false => fails(file, &left, protocol, counts.signature, most)?,
        };
        let right = |control: &Baseline| {
            let names = broken(file, &left, &control.protocol, most);
            names.is_some_and(|names| {
                names.is_subset(&control.breaks) && !names.contains(&counts.signature.name)
            })
        };
        let same = seen.first.is_some_and(|steps| steps <= counts.longest)
            && (!counts.avoidable || seen.ends_well)
            && counts.controls.iter().all(right);
        same.then_some(left)
    })
}

/// Is it what no single schedule ends in?
fn is_of_a_whole(signature: &Signature) -> bool {
    [Livelock::NAME, Orders::NAME].contains(&signature.name.as_str())
}

/// It has no steps: nobody need ever have gone round.
fn seen_whole(names: &BTreeSet<String>, signature: &Signature) -> Seen {
    Seen { first: names.contains(&signature.name).then_some(0), ends_well: true }
}

/// The names of all that breaks in a page on a protocol; cycles that need not end and orders of locks that meet are among
/// them. `None`: it means nothing, or has too many states to tell.
#[must_use]
pub fn broken(file: &str, text: &str, protocol: &str, most: usize) -> Option<BTreeSet<String>> {
    let loaded = loaded(file, text, protocol)?;
    match with_room(&loaded, &mut Room::default(), |program| explore_within(program, most, |_| ())) {
        Ok(explored) => {
            let explored = explored?;
            let cycle = explored.livelocks().then(|| Livelock::NAME.to_string());
            let circle = explored.circles.then(|| Orders::NAME.to_string());
            Some(explored.findings.into_keys().chain(cycle).chain(circle).collect())
        }
        Err(Unrun::Boot(finding, _)) => Some(BTreeSet::from([finding.name])),
        Err(Unrun::Rejected(_)) => None,
    }
}

fn loaded(file: &str, text: &str, protocol: &str) -> Option<Loaded> {
    let scenario = Scenario::read(file, text).ok()?;
    let questions = scenario.questions(Some(protocol), &Values::new());
    scenario.load(questions.first()?, &ShippedLibrary).ok()
}

/// A text without its comments.
fn bare(text: &str) -> String {
    text.lines().map(|line| line.split("//").next().unwrap_or("").to_string() + "\n").collect()
}

/// Everything between semicolons and braces that is a whole of its own: from its first byte to behind its last.
fn pieces(text: &str) -> Vec<(usize, usize)> {
    let bytes = text.as_bytes();
    let begins = |at: usize| {
        let before = text[..at].trim_end();
        !bytes[at].is_ascii_whitespace()
            && bytes[at] != b'}'
            && (before.is_empty() || before.ends_with([';', '{', '}']))
            && (at == 0 || bytes[at - 1].is_ascii_whitespace() || b";{}".contains(&bytes[at - 1]))
    };
    let starts = (0..bytes.len()).filter(|&at| begins(at) && !text[at..].starts_with("else"));
    let all = starts.filter(|&at| !text[at..].starts_with("on ")).filter_map(|at| Some((at, end(text, at)?)));
    let all: Vec<_> = all.collect();
    // What a difference says is a protocol's text: it stays as it is, or goes whole.
    let differences = all.iter().filter(|(from, _)| text[*from..].starts_with("protocol "));
    let differences: Vec<_> = differences.copied().collect();
    let inside = |from: usize| differences.iter().any(|&(lo, hi)| lo < from && from < hi);
    all.into_iter().filter(|&(from, _)| !inside(from)).collect()
}

/// Where a piece ends: at a semicolon outside of braces, or a closing brace that no `else` follows.
fn end(text: &str, from: usize) -> Option<usize> {
    let mut depth = 0_u32;
    for (at, byte) in text.bytes().enumerate().skip(from) {
        match byte {
            b'{' => depth += 1,
            b'}' => depth = depth.checked_sub(1)?,
            _ => {}
        }
        if depth == 0 && (byte == b';' || byte == b'}') && !text[at + 1..].trim_start().starts_with("else") {
            return Some(at + 1);
        }
    }
    None
}

/// What a search of a page has come to.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Seen {
    /// Steps of the shortest schedule that breaks it at its place.
    pub first: Option<u64>,
    /// Does some schedule end well?
    pub ends_well: bool,
}

/// Searches a page on a protocol whole. `None`: it means nothing, or has too many states to tell.
#[must_use]
pub fn fails(file: &str, text: &str, protocol: &str, signature: &Signature, most: usize) -> Option<Seen> {
    let loaded = loaded(file, text, protocol)?;
    match with_room(&loaded, &mut Room::default(), |program| search(program, file, signature, most)) {
        Ok(seen) => seen,
        Err(Unrun::Boot(finding, _)) => {
            Some(Seen { first: (finding.name == signature.name).then_some(0), ends_well: false })
        }
        Err(Unrun::Rejected(_)) => None,
    }
}

fn search(program: &Program, file: &str, wanted: &Signature, most: usize) -> Result<Option<Seen>, Halt> {
    let mut world = World::boot(program, &mut ())?;
    world.check().map_err(Halt::Finding)?;
    let mut states = BTreeSet::from([world.cells().to_vec()]);
    let mut open = VecDeque::from([(world.cells().to_vec(), 0)]);
    let mut seen = Seen::default();
    while let Some((parent, steps)) = open.pop_front() {
        world.restore(&parent);
        let tasks = 0..program.task_count();
        let ready: Vec<_> = tasks.filter(|&task| world.enabled(task)).collect();
        if ready.is_empty() {
            match world.end() {
                Ok(()) => seen.ends_well = true,
                Err(finding) if finding.name == wanted.name => _ = seen.first.get_or_insert(steps),
                Err(_) => {}
            }
        }
        for task in ready {
            let mut answers = Some(Vec::new());
            while let Some(given) = answers {
                world.restore(&parent);
                let pc = world.doing(task).pc;
                let mut script = Script { answers: given, options: Vec::new() };
                let found: Option<Finding> = match world.step(task, &mut script, &mut ()) {
                    Ok(()) => world.check().err(),
                    Err(Stop::Finding(finding)) => Some(finding),
                    Err(Stop::Room(room)) => return Err(Halt::Room(room)),
                };
                match found {
                    Some(finding)
                        if finding.name == wanted.name && is_it(program, file, wanted, &finding, pc) =>
                    {
                        seen.first.get_or_insert(steps + 1);
                    }
                    Some(_) => {}
                    None if states.insert(world.cells().to_vec()) => {
                        open.push_back((world.cells().to_vec(), steps + 1));
                    }
                    None => {}
                }
                answers = script.next();
            }
        }
        if states.len() > most {
            return Ok(None);
        }
    }
    Ok(Some(seen))
}

/// Is it at its place? What is seen in a step and has none is seen in a line of the page, whichever; of the rest the line does
/// not matter.
fn is_it(program: &Program, file: &str, wanted: &Signature, finding: &Finding, pc: u32) -> bool {
    let span = program.spans[finding.pc.unwrap_or(pc) as usize];
    let name = &program.sources.file(span.file).name;
    let line = program.sources.position(span).0;
    let place = (name != file).then(|| (stem(name).to_string(), line));
    wanted.place == place || wanted.place.is_none() && !is_of_a_step(&wanted.name)
}
