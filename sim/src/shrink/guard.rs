//! What keeps a smaller world from showing another bug by the same name.
//!
//! A `finally` is broken by a world in which nothing happens, an `assert` by one that prepares nothing. So where the page, or the
//! protocol, says what would be right, that has to stay right: the *controls*. What breaks on none of them breaks because of the
//! bug; so a smaller world may break nothing there that was not broken before, by whatever name. Where nothing says what
//! would be right, a run that could have ended well must still be able to.

use super::Failing;
use super::oracle::{Oracle, Refuted};
use crate::engine::{Bounds, End, Engine, Halt, Reached};
use crate::limit::{Limit, Progress};
use crate::only::Only;
use crate::question::{Loaded, Question, Scenario, stem};
use crate::reduce::Reductions;
use crate::room::{Unrun, with_room};
use crate::scheduler::UNIFORM;
use crate::search::{How, search_for, search_reduced};
use crate::signature::{Signature, is_of_a_step};
use crate::verdict::Coverage;
use model::judge::orders::Orders;
use model::lang::ast::{Head, ItemKind};
use model::lang::parser::parse_file;
use model::lang::source::SourceMap;
use model::machine::{Program, Room};
use std::collections::BTreeSet;

/// Schedules in which a good end is looked for before states are searched.
const SCHEDULES: u64 = 32;

/// A protocol on which it does not break.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Baseline {
    /// Its name.
    pub protocol: String,
    /// The names of what breaks there in the world that is made small; a smaller one breaks nothing else there.
    pub breaks: BTreeSet<String>,
    /// Is that all that breaks there? False: all that was seen.
    pub whole: bool,
}

/// What has to stay as it is.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Guard {
    /// Protocols on which it does not break.
    pub controls: Vec<Baseline>,
    /// Some schedule ends well.
    pub avoidable: bool,
}

impl Guard {
    /// What is as it should be in the world that is made small.
    pub fn of(oracle: &Oracle<'_>, failing: &Failing, text: &str) -> Self {
        let Ok((scenario, question, loaded)) = oracle.load(text) else { return Self::default() };
        let baseline = |protocol: String| {
            let question = on(&question, &protocol);
            let is_right = !breaks(oracle, &scenario, &question).ok()?;
            let Names { names, cut } = names(oracle, &scenario, &question).ok().filter(|_| is_right)?;
            Some(Baseline { protocol, breaks: names, whole: cut.is_none() })
        };
        let controls: Vec<_> = controls(failing, text).into_iter().filter_map(baseline).collect();
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
            if control.protocol == question.protocol
                || control.gains(oracle, scenario, &on(question, &control.protocol))?
            {
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

impl Baseline {
    /// Does something break there that did not?
    fn gains(&self, oracle: &Oracle<'_>, scenario: &Scenario, question: &Question) -> Result<bool, Refuted> {
        let Names { names, cut } = names(oracle, scenario, question)?;
        if !names.is_subset(&self.breaks) {
            return Ok(true);
        }
        if let Some(cut) = cut.filter(|_| self.whole) {
            return Err(cut);
        }
        // Where another condition of the same name was broken, it depends on which one it is.
        Ok(self.breaks.contains(&oracle.signature.name) && breaks(oracle, scenario, question)?)
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
        let Names { names, cut } = names(oracle, scenario, question)?;
        return if names.contains(name) { Ok(true) } else { cut.map_or(Ok(false), Err) };
    }
    let loaded = scenario.load(question, &oracle.texts).map_err(|_| Refuted::Meaningless)?;
    let anywhere = Signature { name: name.clone(), place: None };
    let seen = with_room(&loaded, &mut Room::default(), |program| {
        let only = Only::anywhere(program, &anywhere, oracle.condition.as_deref());
        let seen = search_for(program, &only, Reductions::ALL, &limits, oracle.control)?;
        Ok((!seen.found.is_empty(), seen.limit))
    });
    match seen {
        Ok((false, Some(limit @ (Limit::Time | Limit::Interrupt)))) => Err(Refuted::Halted(limit)),
        Ok((breaks, _)) => Ok(breaks),
        Err(Unrun::Boot(finding, _)) => Ok(finding.name == *name),
        Err(Unrun::Rejected(_)) => Err(Refuted::Meaningless),
    }
}

/// What breaks on a control.
struct Names {
    names: BTreeSet<String>,
    /// Why that may not be all.
    cut: Option<Refuted>,
}

/// All that breaks on a control, as far as the effort can tell; that orders of locks meet, too, if nobody asks.
fn names(oracle: &Oracle<'_>, scenario: &Scenario, question: &Question) -> Result<Names, Refuted> {
    let answer = oracle.answer(scenario, question, false, oracle.control)?;
    let circles = answer.warnings.first().map(|_| Orders::NAME.to_string());
    let cut =
        (answer.coverage != Coverage::Complete).then(|| Refuted::Sampled(answer.states.unwrap_or(0), 0));
    Ok(Names { names: answer.violations.into_iter().map(|found| found.name).chain(circles).collect(), cut })
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
