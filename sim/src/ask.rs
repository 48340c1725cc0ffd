//! One question, asked: explore, collect what was found, judge it.

use crate::VERSION;
use crate::answer::{Answer, Unreached, Violation};
use crate::besides::{self, Besides, Told};
use crate::circles::{self, Circle};
use crate::codes;
use crate::dpor::enumerate::{Enumerated, enumerate};
use crate::engine::{Halt, Reached};
use crate::explore;
use crate::fate;
use crate::limit::{Control, ENDLESS_EXECUTIONS, Limit, Limits};
use crate::origin::{Drawn, Origin};
use crate::pick::Pick;
use crate::question::{Loaded, Question, Rejected, Scenario};
use crate::reduce::{Reductions, Used};
use crate::replay::replay;
use crate::room::{Unrun, with_room};
use crate::sample::{Sampling, Tally, sample};
use crate::scheduler::{Choice, DEFAULT, UNIFORM};
use crate::search::{How, Searched};
use crate::trace::Place;
use crate::verdict::{Coverage, Exit, Seen, judge};
use model::judge::{INVARIANTS, asleep};
use model::lang::ast::ConditionKind;
use model::lang::diagnostic::Diagnostic;
use model::lang::load::Library;
use model::lang::suggest::did_you_mean;
use model::machine::finding::Kind;
use model::machine::{Program, Room};
use std::collections::BTreeMap;

/// How a question is explored.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// All states; where the limits do not allow it, sampled executions.
    Default,
    /// All states or nothing.
    Exhaustive,
    /// Sampled executions only.
    Sampled,
    /// Sampled executions by the agenda.
    Timed,
}

/// Everything that an exploration depends on, besides the texts.
#[derive(Clone, Copy, Debug)]
pub struct Plan {
    /// How.
    pub mode: Mode,
    /// Who settles the picks of sampled executions; `None`: see [`Plan::scheduler`].
    pub scheduler: Option<Choice>,
    /// From which seed.
    pub seed: u64,
    /// How many sampled executions.
    pub runs: u64,
    /// How states are searched.
    pub search: How,
    /// Without stored states instead: one execution of each trace. Executions are never sampled in their place.
    pub traces: bool,
    /// How far.
    pub limits: Limits,
    /// What a search may leave out.
    pub reductions: Reductions,
    /// Are schedules looked for to what a search finds? Without, findings are named and no more.
    pub schedules: bool,
    /// What is asked besides the verdict.
    pub besides: Besides,
}

impl Default for Plan {
    /// As the command line does if nothing is said.
    fn default() -> Self {
        Self {
            mode: Mode::Default,
            scheduler: None,
            seed: 0,
            runs: 10_000,
            search: How::default(),
            traces: false,
            limits: Limits::default(),
            reductions: Reductions::ALL,
            schedules: true,
            besides: Besides::default(),
        }
    }
}

impl Plan {
    /// Who settles the picks of sampled executions. By the agenda nobody asks who is next, and what the default knows about
    /// is of no use.
    #[must_use]
    pub fn scheduler(&self) -> Choice {
        // An estimate of what was not seen needs executions that do not know of each other, too.
        let uniform = self.mode == Mode::Timed || self.besides.estimate;
        let default = if uniform { UNIFORM } else { DEFAULT };
        self.scheduler.unwrap_or(default)
    }

    /// One of its sampled executions, counted from 1.
    #[must_use]
    pub fn drawn(&self, execution: u64) -> Drawn {
        Drawn {
            scheduler: self.scheduler().to_string(),
            timed: self.mode == Mode::Timed,
            seed: self.seed,
            execution,
            max_steps: self.limits.max_steps,
            version: VERSION.to_string(),
        }
    }
}

/// Schedules that a search has found.
fn searched(schedules: impl IntoIterator<Item = (String, Vec<Pick>)>) -> Vec<(String, Vec<Pick>, Origin)> {
    schedules.into_iter().map(|(name, picks)| (name, picks, Origin::Search)).collect()
}

/// What exploring has collected, before it is judged.
#[derive(Default)]
struct Collected {
    reached: Option<Reached>,
    searched: Option<Searched>,
    reduced: Used,
    enumerated: Option<Enumerated>,
    /// Name, picks and where they come from, the best schedule first.
    schedules: Vec<(String, Vec<Pick>, Origin)>,
    tally: Option<Tally>,
    asleep: Vec<&'static str>,
    /// Orders of locks that meet: what is said of each, and where.
    circles: Vec<Circle>,
    not_reached: Vec<Unreached>,
    room: Room,
    besides: Told,
}

/// Asks a question.
///
/// # Errors
/// If its texts cannot be used, with all that is wrong in them.
pub fn ask(
    scenario: &Scenario,
    question: &Question,
    plan: &Plan,
    library: &dyn Library,
    control: &dyn Control,
) -> Result<Answer, Box<Rejected>> {
    let loaded = scenario.load(question, library)?;
    let mut collected = Collected::default();
    match collected.explore(scenario, &loaded, question, plan, control) {
        Ok(()) => {
            let mut violations = collected.replay_all(&loaded, question, plan)?;
            if plan.mode != Mode::Timed {
                fate::tell(&mut violations.0, &loaded, &mut collected.room, &plan.limits, control)?;
            }
            Ok(collected.judge(scenario, &loaded, question, plan, violations))
        }
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, place)) => {
            let violation = Violation::in_boot(&loaded, question, *finding, place);
            collected.searched = None;
            collected.enumerated = None;
            Ok(collected.judge(scenario, &loaded, question, plan, (vec![violation], None)))
        }
    }
}

impl Collected {
    fn explore(
        &mut self,
        scenario: &Scenario,
        loaded: &Loaded,
        question: &Question,
        plan: &Plan,
        control: &dyn Control,
    ) -> Result<(), Unrun> {
        let mut room = Room::default();
        let search_all = matches!(plan.mode, Mode::Default | Mode::Exhaustive);
        if search_all && plan.traces {
            with_room(loaded, &mut room, |program| {
                self.begin(program, scenario, question)?;
                let reached = self.reached.insert(Reached::new(program));
                let enumerated = enumerate(program, &plan.limits, reached, control)?;
                let schedules = enumerated.schedules(program, &plan.limits, control)?;
                self.schedules = searched(schedules);
                self.enumerated = Some(enumerated);
                Ok(())
            })?;
        } else if search_all {
            with_room(loaded, &mut room, |program| {
                self.begin(program, scenario, question)?;
                let reached = self.reached.insert(Reached::new(program));
                let explored = explore::explore(program, plan, reached, control)?;
                self.schedules = searched(explored.best.into_iter().map(|best| (best.name, best.picks)));
                self.searched = Some(explored.searched);
                self.reduced = explored.used;
                Ok(())
            })?;
        }
        let limit = self.searched.as_ref().and_then(|searched| searched.limit);
        let sampled = match plan.mode {
            Mode::Default => {
                matches!(limit, Some(Limit::States | Limit::Steps | Limit::Size | Limit::Memory))
            }
            Mode::Exhaustive => false,
            Mode::Sampled | Mode::Timed => true,
        };
        if sampled && let Some(mut scheduler) = plan.scheduler().build(plan.seed) {
            let mut tally = Tally::default();
            let timed = plan.mode == Mode::Timed;
            let endless = if plan.mode == Mode::Default { ENDLESS_EXECUTIONS } else { u64::MAX };
            let how = Sampling { runs: plan.runs, timed, max_steps: plan.limits.max_steps, endless, control };
            with_room(loaded, &mut room, |program| {
                self.begin(program, scenario, question)?;
                let reached = self.reached.get_or_insert_with(|| Reached::new(program));
                sample(program, &how, &mut *scheduler, &mut tally, reached, &mut ())
            })?;
            for (name, best) in &tally.found {
                if self.schedules.iter().all(|(known, ..)| known != name) {
                    let origin = Origin::Sampled(plan.drawn(best.execution));
                    self.schedules.push((name.clone(), best.picks.clone(), origin));
                }
            }
            self.tally = Some(tally);
        }
        with_room(loaded, &mut room, |program| {
            self.not_reached =
                self.reached.as_ref().map_or_else(Vec::new, |reached| missing(program, reached));
            let searched = self.searched.as_ref().map(|searched| &searched.orders);
            let enumerated = self.enumerated.as_ref().map(|enumerated| &enumerated.orders);
            let sampled = self.tally.as_ref().map(|tally| &tally.orders);
            self.circles = circles::of(program, searched.into_iter().chain(enumerated).chain(sampled));
            Ok(())
        })?;
        if plan.besides != Besides::default() {
            let searched = self.searched.as_ref().is_some_and(|searched| searched.limit.is_none());
            self.besides = besides::look(loaded, &mut room, plan, searched, control)?;
        }
        self.room = room;
        Ok(())
    }

    /// What can be said as soon as the program is compiled.
    fn begin(&mut self, program: &Program, scenario: &Scenario, question: &Question) -> Result<(), Halt> {
        self.asleep = asleep(program);
        match unknown_breaks(program, scenario, question) {
            None => Ok(()),
            Some(diagnostic) => Err(Halt::Text(Box::new(diagnostic))),
        }
    }

    /// Repeats each schedule to see what happens in it. A schedule that does not do the same again is the second
    /// value.
    fn replay_all(
        &self,
        loaded: &Loaded,
        question: &Question,
        plan: &Plan,
    ) -> Result<(Vec<Violation>, Option<String>), Box<Rejected>> {
        let mut violations = Vec::new();
        let mut nondeterminism = None;
        for (name, picks, origin) in &self.schedules {
            let replayed = replay(loaded, &self.room, picks, false, plan.limits.max_steps)?;
            match Violation::of(question, picks, replayed) {
                Some(violation) if violation.name == *name => {
                    violations.push(Violation { origin: origin.clone(), ..violation });
                }
                other => {
                    let now = other.map_or("nothing".to_string(), |violation| violation.name);
                    nondeterminism =
                        Some(format!("a schedule led to {name}, and repeated it leads to {now}"));
                }
            }
        }
        for found in self.searched.iter().flat_map(|searched| &searched.found) {
            if violations.iter().all(|known| known.name != found.finding.name) {
                violations.push(Violation::bare(question, found.finding.clone(), u64::from(found.steps)));
            }
        }
        violations.extend(circles::violations(&self.circles, question));
        violations.sort_by(|a, b| {
            let key =
                |violation: &Violation| (violation.schedule.is_none(), violation.steps, violation.switches);
            key(a).cmp(&key(b)).then_with(|| a.schedule.cmp(&b.schedule)).then_with(|| a.name.cmp(&b.name))
        });
        Ok((violations, nondeterminism))
    }

    fn judge(
        self,
        scenario: &Scenario,
        loaded: &Loaded,
        question: &Question,
        plan: &Plan,
        (mut violations, nondeterminism): (Vec<Violation>, Option<String>),
    ) -> Answer {
        let breaks = !question.breaks.is_empty();
        let not_found: Vec<_> = question
            .breaks
            .iter()
            .filter(|&name| violations.iter().all(|found| found.name != *name))
            .cloned()
            .collect();
        let not_reached = if breaks || !violations.is_empty() { Vec::new() } else { self.not_reached };
        let limit = match (&self.searched, &self.enumerated) {
            (Some(searched), _) => Some(searched.limit),
            (None, enumerated) => enumerated.as_ref().map(|enumerated| enumerated.limit),
        };
        let coverage = coverage(limit, self.tally.as_ref());
        let (verdict, exit) = judge(Seen {
            breaks,
            unexpected: violations.iter().any(|violation| !violation.expected),
            expected: violations.iter().any(|violation| violation.expected),
            missing: !not_found.is_empty() || !not_reached.is_empty(),
            coverage,
        });
        if coverage == Coverage::Complete {
            violations
                .extend(not_reached.iter().map(|unreached| Violation::never_reached(question, unreached)));
        }
        let search = self.searched.as_ref();
        let tally = self.tally.as_ref();
        let traces = self.enumerated.as_ref();
        let steps = traces.map(|traces| traces.counts.steps).or(tally.map(|tally| tally.steps));
        let timed = tally.filter(|_| plan.mode == Mode::Timed).map(|tally| {
            let mut report = tally.report.clone();
            report.sort();
            report
        });
        Answer {
            verdict,
            exit: if nondeterminism.is_some() { Exit::Nondeterminism } else { exit },
            violations,
            not_found,
            not_reached,
            asleep: self.asleep,
            seed: tally.map(|_| plan.seed),
            states: search.map(|search| search.states),
            transitions: search.map(|search| search.transitions).or(steps),
            executions: traces.map(|traces| traces.counts.executions).or(tally.map(|tally| tally.executions)),
            in_vain: traces.map_or(0, |traces| traces.counts.blocked),
            final_fingerprint: search.map_or(0, |search| search.final_fingerprint)
                ^ traces.map_or(0, |traces| traces.final_fingerprint)
                ^ tally.map_or(0, |tally| tally.final_fingerprint),
            coverage,
            covered: search.filter(|search| search.limit.is_some()).map_or(0, |search| search.covered),
            reduced: self.reduced,
            search_limit: search.and_then(|search| search.limit).filter(|_| tally.is_some()),
            warnings: circles::warnings(&self.circles, question),
            first: tally.map_or_else(BTreeMap::new, |tally| circles::first(&tally.first, question)),
            promise: tally.and_then(|tally| tally.promise.clone()),
            timed,
            nondeterminism,
            besides: self.besides,
            ..Answer::blank(scenario, loaded, question)
        }
    }
}

/// `searched`: the limit that a search met, if there was one.
fn coverage(searched: Option<Option<Limit>>, tally: Option<&Tally>) -> Coverage {
    match (searched, tally.map(|tally| tally.limit)) {
        (_, Some(Some(limit))) | (Some(Some(limit)), None) => Coverage::Cut(limit),
        (_, Some(None)) => Coverage::Sampled,
        // Wrong before the first step: there is nothing else to look at.
        (Some(None) | None, None) => Coverage::Complete,
    }
}

fn missing(program: &Program, reached: &Reached) -> Vec<Unreached> {
    let condition = |&at: &usize| {
        let condition = &program.conditions[at];
        let place = Place::of(program, condition.span);
        Unreached { name: condition.name.clone(), text: condition.text.clone(), place }
    };
    reached.missing().iter().map(condition).collect()
}

/// A name behind `breaks` that no judge, finding or condition has.
fn unknown_breaks(program: &Program, scenario: &Scenario, question: &Question) -> Option<Diagnostic> {
    let conditions = program.conditions.iter().filter(|condition| condition.kind != ConditionKind::Sometimes);
    let known: Vec<&str> = INVARIANTS
        .iter()
        .map(|invariant| invariant.name)
        .chain(Kind::ALL.iter().map(|kind| kind.name()))
        .chain(conditions.map(|condition| condition.name.as_str()))
        .collect();
    let name = question.breaks.iter().find(|name| !known.contains(&name.as_str()))?;
    let message = format!("nothing can be found under the name `{name}`");
    let help = match did_you_mean(name, known.iter().copied()) {
        Some(near) => format!("did you mean `{near}`?"),
        None => {
            "`pernet-sim list invariants` shows the names; a condition with a label has that name".to_string()
        }
    };
    let diagnostic = Diagnostic::without_place(codes::UNKNOWN_BREAKS, message).help(help);
    Some(Diagnostic { span: scenario.breaks_place(&question.protocol, name), ..diagnostic })
}

#[cfg(test)]
mod tests;
