//! Failing runs to make small: of every planted slip and every exhibit of the museum, by random schedules; alone, and in a
//! crowd of tasks that have nothing to do with it.

use crate::lab::Case;
use crate::planted::mutants;
use model::machine::{Program, Room};
use sim::answer::Violation;
use sim::ask::{Mode, Plan};
use sim::engine::{Bounds, End, Engine, Halt, Reached};
use sim::library::{Shipped, scenarios};
use sim::limit::{Limits, Progress};
use sim::museum::FOLDER;
use sim::pick::Pick;
use sim::question::{Scenario, Values};
use sim::replay::replay;
use sim::scheduler::find;
use sim::shrink::Failing;
use sim::signature::Signature;

/// So many schedules are tried for each seed.
const MOST: u64 = 3_000;
/// So many states are searched where they find nothing.
const MOST_STATES: u64 = 100_000;

/// A failing run, and where it comes from.
#[derive(Clone, Debug)]
pub struct Input {
    /// `mutant rfc2007-undo-all`, `museum b34`, `crowd ...`.
    pub origin: String,
    /// The seed that it was found with.
    pub seed: u64,
    /// Its scenario and question.
    pub case: Case,
    /// The run.
    pub failing: Failing,
    /// What it breaks, and where.
    pub signature: Signature,
    /// How long it is.
    pub steps: u64,
}

/// The cases in which something has to break: where slips are asked for, and the museum's faulty questions.
#[must_use]
pub fn origins() -> Vec<(String, Case)> {
    let shipped = Case::shipped();
    let mut all = Vec::new();
    for mutant in mutants() {
        // One page for each slip: the first one that asks for it.
        let case = mutant.questions(&shipped).into_iter().find(|case| !case.question.breaks.is_empty());
        all.extend(case.map(|case| (format!("mutant {}", mutant.name), case.clone())));
    }
    let exhibit = |shipped: &Shipped| shipped.file.starts_with(FOLDER);
    for shipped in scenarios().into_iter().filter(exhibit) {
        for case in Case::in_file(shipped.file, &[]) {
            if !case.question.breaks.is_empty() {
                all.push((format!("museum {} on {}", case.scenario.name(), case.question.protocol), case));
            }
        }
    }
    all
}

/// The same case with so many tasks more, which create and destroy namespaces.
///
/// # Panics
/// If the text with them cannot be read.
#[must_use]
pub fn crowded(case: &Case, tasks: usize) -> Case {
    let mut text = case.scenario.text().to_string();
    for at in 0..tasks {
        text.push_str(&format!(
            "\ntask passer{at} {{\n    passing = copy_net_ns();\n    if (!IS_ERR(passing)) put_net(passing);\n}}\n"
        ));
    }
    let scenario = Scenario::read(&case.scenario.file, &text).expect("it is read");
    Case { scenario, question: case.question.clone() }
}

/// A failing run of a case: the first by random schedules from a seed, if there is one soon; from seed 0 also what only a search
/// finds.
///
/// # Panics
/// If the case cannot be used.
#[must_use]
pub fn found(origin: &str, case: &Case, seed: u64) -> Option<Input> {
    let picks = match case.compiled(|program| first(program, seed, &case.question.breaks)) {
        Ok(picks) => picks,
        Err(_) => Some(Vec::new()),
    };
    let violation = match &picks {
        Some(picks) => shown(case, picks)?,
        None if seed == 0 => searched(case, |name| case.question.breaks.iter().any(|known| known == name))?,
        None => return None,
    };
    Some(input(origin, case, seed, &violation))
}

/// A failing run of a case that breaks something by a name, found by a search.
///
/// # Panics
/// If the case cannot be used.
#[must_use]
pub fn found_as(name: &str, case: &Case) -> Option<Input> {
    let violation = searched(case, |found| found == name)?;
    Some(input(&format!("{name} {}", case.title()), case, 0, &violation))
}

fn input(origin: &str, case: &Case, seed: u64, violation: &Violation) -> Input {
    let loaded = case.loaded();
    let protocols = loaded.sources().files()[1..].iter();
    let signature = Signature::of(&case.scenario.file, violation);
    let failing = Failing {
        file: case.scenario.file.clone(),
        text: case.scenario.text().to_string(),
        question: case.question.clone(),
        protocols: protocols.map(|file| (file.name.clone(), file.text.clone())).collect(),
        timed: false,
        picks: violation.schedule.clone().map(|schedule| schedule.0),
        signature: Some(signature.clone()),
    };
    let (origin, steps) = (origin.to_string(), violation.steps);
    Input { origin, seed, case: case.clone(), failing, signature, steps }
}

/// What picks lead to.
fn shown(case: &Case, picks: &[Pick]) -> Option<Violation> {
    let max_steps = Limits::default().max_steps;
    let replayed = replay(&case.loaded(), &Room::default(), picks, false, max_steps).expect("it is replayed");
    Violation::of(&case.question, picks, replayed)
}

/// What a search finds of that which is meant.
fn searched(case: &Case, is_meant: impl Fn(&str) -> bool) -> Option<Violation> {
    let limits = Limits { max_states: MOST_STATES, ..Limits::default() };
    let answer = case.ask(&Plan { mode: Mode::Exhaustive, limits, ..Plan::default() });
    answer.violations.into_iter().find(|found| is_meant(&found.name))
}

fn first(program: &Program, seed: u64, breaks: &[String]) -> Result<Option<Vec<Pick>>, Halt> {
    let mut engine = Engine::new(program, &mut ())?;
    let mut scheduler =
        find("random").expect("there is one").plain().build(seed).expect("it needs no schedule");
    for execution in 0..MOST {
        if !scheduler.begin(execution) {
            break;
        }
        let progress = Progress { executions: execution, ..Progress::default() };
        let bounds = Bounds { max_steps: 20_000, control: &(), progress };
        let ran =
            engine.run(&mut *scheduler, &bounds, &mut Reached::default(), &mut ()).map_err(Halt::Room)?;
        if matches!(&ran.end, End::Finding(finding) if breaks.contains(&finding.name)) {
            return Ok(Some(engine.journal().to_vec()));
        }
    }
    Ok(None)
}

/// A scenario as a case of its own, with the question that asks of a protocol.
///
/// # Panics
/// If it cannot be read, or does not ask that.
#[must_use]
pub fn case_of(name: &str, text: &str, protocol: &str) -> Case {
    let scenario = Scenario::read(name, text).expect("it is read");
    let questions = scenario.questions(None, &Values::new());
    let question = questions.into_iter().find(|question| question.protocol == protocol);
    Case { scenario, question: question.expect("it asks that") }
}
