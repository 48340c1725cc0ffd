//! What keeps a smaller world from showing another bug by the same name.
//!
//! A `finally` is broken by a world in which nothing happens, an `assert` by one that prepares nothing. So where the page, or the
//! protocol, says what would be right, that has to stay right: the *controls*. Where nothing does, a run that could have ended
//! well must still be able to.

use super::Failing;
use super::oracle::{Oracle, Refuted};
use crate::ask::{Mode, Plan, ask};
use crate::engine::{Bounds, End, Engine, Halt, Reached};
use crate::limit::Progress;
use crate::only::Only;
use crate::question::{Loaded, Question, Scenario, stem};
use crate::reduce::Reductions;
use crate::room::{Unrun, with_room};
use crate::scheduler::UNIFORM;
use crate::search::{How, search_for, search_reduced};
use crate::signature::{Signature, is_of_a_step};
use model::lang::ast::{Head, ItemKind};
use model::lang::parser::parse_file;
use model::lang::source::SourceMap;
use model::machine::{Program, Room};

/// Schedules in which a good end is looked for before states are searched.
const SCHEDULES: u64 = 32;

/// What has to stay as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// Protocols on which it does not break.
    pub controls: Vec<String>,
    /// Some schedule ends well.
    pub avoidable: bool,
}

impl Guard {
    /// What is as it should be in the world that is made small.
    pub fn of(oracle: &Oracle<'_>, failing: &Failing, text: &str) -> Self {
        let Ok((scenario, question, loaded)) = oracle.load(text) else { return Self::default() };
        let is_right = |control: &String| breaks(oracle, &scenario, &on(&question, control)) == Ok(false);
        let controls: Vec<_> = controls(failing, text).into_iter().filter(is_right).collect();
        let name = oracle.signature.name.as_str();
        // What a judge sees in a step is a bug wherever it is seen.
        let vague = !is_of_a_step(name) || name == "assert";
        let avoidable = controls.is_empty() && vague && !oracle.is_of_a_whole() && ends_well(oracle, &loaded);
        Self { controls, avoidable }
    }

    /// Is a world that fails still one with the same bug?
    ///
    /// # Errors
    /// If it is not.
    pub fn allows(
        &self,
        oracle: &Oracle<'_>,
        scenario: &Scenario,
        question: &Question,
    ) -> Result<(), Refuted> {
        for control in &self.controls {
            // What a bounded look has not seen break may break all the same, as this world shows.
            if *control == question.protocol || breaks(oracle, scenario, &on(question, control))? {
                return Err(Refuted::Control);
            }
        }
        if self.avoidable {
            let loaded = scenario.load(question, &oracle.texts).map_err(|_| Refuted::Meaningless)?;
            if !ends_well(oracle, &loaded) {
                return Err(Refuted::Hopeless);
            }
        }
        Ok(())
    }
}

fn on(question: &Question, protocol: &str) -> Question {
    Question { protocol: protocol.to_string(), ..question.clone() }
}

/// What the asked protocol differs from, and what the page spells out as a difference from the asked one.
fn controls(failing: &Failing, text: &str) -> Vec<String> {
    let asked = failing.question.protocol.as_str();
    let mut controls = Vec::new();
    let mut sources = SourceMap::default();
    let page = sources.add("", text);
    for item in parse_file(&sources, page).0.items {
        if let ItemKind::Protocol { name, base, .. } = item.kind {
            if name.text == asked {
                controls.push(base.text);
            } else if base.text == asked {
                controls.push(name.text);
            }
        }
    }
    for (file, text) in failing.protocols.iter().filter(|(file, _)| stem(file) == asked) {
        let file = sources.add(file.as_str(), text.as_str());
        if let Head::Protocol { base: Some(base), .. } = parse_file(&sources, file).0.head {
            controls.push(base.text);
        }
    }
    controls
}

/// Does it break on a control, as far as the effort can tell? Anywhere: lines of other protocols are other lines.
fn breaks(oracle: &Oracle<'_>, scenario: &Scenario, question: &Question) -> Result<bool, Refuted> {
    let name = &oracle.signature.name;
    let limits = oracle.limits(oracle.effort.max_states);
    if oracle.is_of_a_whole() {
        let plan = Plan { mode: Mode::Exhaustive, schedules: false, limits, ..Plan::default() };
        let answer = ask(scenario, question, &plan, &oracle.texts, oracle.control);
        let answer = answer.map_err(|_| Refuted::Meaningless)?;
        return Ok(answer.violations.iter().any(|found| found.name == *name));
    }
    let loaded = scenario.load(question, &oracle.texts).map_err(|_| Refuted::Meaningless)?;
    let anywhere = Signature { name: name.clone(), place: None };
    let seen = with_room(&loaded, &mut Room::default(), |program| {
        let only = Only::anywhere(program, &anywhere, oracle.condition.as_deref());
        Ok(!search_for(program, &only, Reductions::ALL, &limits, oracle.control)?.found.is_empty())
    });
    match seen {
        Ok(breaks) => Ok(breaks),
        Err(Unrun::Boot(finding, _)) => Ok(finding.name == *name),
        Err(Unrun::Rejected(_)) => Err(Refuted::Meaningless),
    }
}

/// Is there a schedule that ends with nothing found, as far as the effort can tell?
fn ends_well(oracle: &Oracle<'_>, loaded: &Loaded) -> bool {
    let ends = with_room(loaded, &mut Room::default(), |program| {
        Ok(sampled_end(oracle, program)? || searched_end(oracle, program)?)
    });
    ends == Ok(true)
}

fn sampled_end(oracle: &Oracle<'_>, program: &Program) -> Result<bool, Halt> {
    let Some(mut scheduler) = UNIFORM.build(0) else { return Ok(false) };
    let mut engine = Engine::new(program, &mut ())?;
    let (max_steps, control) = (oracle.limits(0).max_steps, oracle.control);
    let bounds = Bounds { max_steps, control, progress: Progress::START };
    for execution in 0..SCHEDULES {
        scheduler.begin(execution);
        let ran = engine.run(&mut *scheduler, &bounds, &mut Reached::default(), &mut ());
        if ran.map_err(Halt::Room)?.end == End::Complete {
            return Ok(true);
        }
    }
    Ok(false)
}

fn searched_end(oracle: &Oracle<'_>, program: &Program) -> Result<bool, Halt> {
    let limits = oracle.limits(oracle.effort.max_states);
    let (how, reached) = (How::default(), &mut Reached::default());
    let (seen, _) = search_reduced(program, Reductions::ALL, &how, &limits, reached, oracle.control)?;
    Ok(seen.finals > 0)
}
