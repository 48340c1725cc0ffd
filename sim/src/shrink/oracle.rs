//! Does a smaller world still fail in the same way? The one place that says so.
//!
//! Cheap ways first: the failing run is followed as far as it fits; then the states are searched, with reductions, up to
//! a bound; where that does not suffice, some schedules are sampled. All of it depends on the text, the run and the
//! effort, and on nothing else.

use super::Effort;
use super::agenda::Agenda;
use super::guard::Guard;
use super::story::{By, Move, Run, follow, retrace};
use crate::answer::Answer;
use crate::ask::{Mode, Plan, ask};
use crate::counterexample::best_to;
use crate::engine::{Bounds, End, Engine, Halt, Reached};
use crate::library::Texts;
use crate::limit::{Control, Limit, Limits, Progress};
use crate::livelock::Livelock;
use crate::only::{Only, says};
use crate::pick::Pick;
use crate::question::{Loaded, Question, Rejected, Scenario, Values, stem};
use crate::reduce::Reductions;
use crate::room::{Unrun, with_room};
use crate::scheduler::DEFAULT;
use crate::search::{search_for, way_to};
use crate::signature::Signature;
use crate::verdict::Coverage;
use model::judge::orders::Orders;
use model::machine::{Program, Room};

/// Why a world does not fail in the same way, as far as was looked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refuted {
    /// It is no world: its text means nothing.
    Meaningless,
    /// All its states were searched: so many.
    Searched(u64),
    /// All schedules that are not longer than they may be were searched, in so many states; it fails in longer ones.
    Longer(u64),
    /// So many states were searched, and there are more; and so many schedules were sampled.
    Sampled(u64, u64),
    /// By the agenda it does not, in so many schedules that were drawn.
    Drawn(u64),
    /// By the agenda it has one schedule, and that does not.
    Fixed,
    /// On a protocol that was in order the same breaks now, or something else that did not: it is another bug.
    Control,
    /// Every schedule fails now, and there was one that did not: it is another bug.
    Hopeless,
    /// The control wanted no more.
    Halted(Limit),
}

impl Refuted {
    /// Is it certain?
    #[must_use]
    pub const fn is_certain(self) -> bool {
        !matches!(self, Self::Sampled(..) | Self::Drawn(_) | Self::Halted(_))
    }
}

/// What came of a world.
pub type Tried = Result<Run, Refuted>;

/// Says whether worlds fail in one way.
pub struct Oracle<'a> {
    /// What the scenario's file is called in all of them.
    pub file: &'a str,
    /// The protocols.
    pub texts: Texts,
    /// The values that the text cannot hold.
    pub values: Values,
    /// What has to break, and where.
    pub signature: Signature,
    /// The text of the condition that has to break, if one has.
    pub condition: Option<String>,
    /// Steps of the longest run that counts.
    pub longest: u64,
    /// Does it have to fail by the agenda?
    pub timed: bool,
    /// What keeps it the same bug.
    pub guard: Guard,
    /// How much is looked at.
    pub effort: &'a Effort,
    /// Whoever may end it.
    pub control: &'a dyn Control,
}

impl Oracle<'_> {
    /// A world, read and loaded. It asks one question.
    ///
    /// # Errors
    /// With what is wrong in its text.
    pub fn load(&self, text: &str) -> Result<(Scenario, Question, Loaded), Rejected> {
        let scenario = Scenario::read(self.file, text)?;
        let mut questions = scenario.questions(None, &self.values);
        let question = match questions.len() {
            1 => questions.remove(0),
            _ => return Err(Rejected::default()),
        };
        let loaded = scenario.load(&question, &self.texts)?;
        Ok((scenario, question, loaded))
    }

    /// Does this world fail in the same way? `story`: a run that did.
    pub fn ask(&self, text: &str, story: &Run) -> Tried {
        if let Some(limit) = self.control.poll(&Progress::START) {
            return Err(Refuted::Halted(limit));
        }
        let Ok((scenario, question, loaded)) = self.load(text) else { return Err(Refuted::Meaningless) };
        let run = match self.is_of_a_whole() {
            true => self.ask_whole(&scenario, &question),
            false if self.timed => self.with_program(&loaded, |program, only| {
                let tried = self.agenda(only).look(program, &story.picks)?;
                // Where no schedule fails, none does by the agenda.
                let never = match tried {
                    Err(Refuted::Drawn(_)) => self.never(program, only)?,
                    _ => None,
                };
                Ok(never.map_or(tried, |states| Err(Refuted::Searched(states))))
            }),
            false => self.with_program(&loaded, |program, only| self.look(program, only, &story.moves)),
        }?;
        self.guard.allows(self, &scenario, &question)?;
        Ok(run)
    }

    /// Is it nothing that a single schedule ends in: a cycle that need not end, orders of locks that meet?
    pub fn is_of_a_whole(&self) -> bool {
        [Livelock::NAME, Orders::NAME].contains(&self.signature.name.as_str())
    }

    /// Does it fail in the same way when these picks are made?
    pub fn repeat(&self, text: &str, picks: &[Pick]) -> Option<Run> {
        let (.., loaded) = self.load(text).ok()?;
        self.with_program(&loaded, |program, only| {
            let run = match self.timed {
                true => self.agenda(only).repeat(program, picks)?,
                false => retrace(program, only, picks)?,
            };
            Ok(run.ok_or(Refuted::Meaningless))
        })
        .ok()
    }

    fn agenda<'a>(&'a self, only: &'a Only) -> Agenda<'a> {
        let (longest, max_steps) = (self.longest, self.limits(0).max_steps);
        Agenda { only, longest, max_steps, schedules: self.effort.schedules, control: self.control }
    }

    /// In how many states nothing of it was found, if those are all.
    fn never(&self, program: &Program, only: &Only) -> Result<Option<u64>, Halt> {
        let limits = self.limits(self.effort.max_states);
        let seen = search_for(program, only, Reductions::ALL, &limits, self.control)?;
        Ok((seen.found.is_empty() && seen.limit.is_none()).then_some(seen.states))
    }

    /// The best of some runs by the agenda, one of which is this.
    pub fn best_drawn(&self, text: &str, run: &Run) -> Option<Run> {
        let (.., loaded) = self.load(text).ok()?;
        self.with_program(&loaded, |program, only| Ok(Ok(self.agenda(only).best(program, run)?))).ok()
    }

    /// The same where the condition that breaks is written with another name.
    #[must_use]
    pub fn with_condition(&self, condition: Option<String>) -> Self {
        let (texts, values) = (self.texts.clone(), self.values.clone());
        let (signature, guard) = (self.signature.clone(), self.guard.clone());
        Self { texts, values, signature, condition, guard, ..*self }
    }

    /// Does it fail in the same way when this story is followed?
    pub fn follow(&self, text: &str, story: &[Move]) -> Option<Run> {
        let (.., loaded) = self.load(text).ok()?;
        self.with_program(&loaded, |program, only| {
            Ok(follow(program, only, story, By::Count)?.ok_or(Refuted::Meaningless))
        })
        .ok()
    }

    /// The best run of a world that fails, by a search without reductions; `None` where that takes more states.
    pub fn best(&self, text: &str, max_states: u64) -> Option<Run> {
        let (.., loaded) = self.load(text).ok()?;
        let limits = self.limits(max_states);
        let look = |program: &Program, only: &Only| {
            let picks = shortest(program, only, &limits, self.control)?;
            let run = picks.map(|picks| retrace(program, only, &picks)).transpose()?;
            Ok(run.flatten().ok_or(Refuted::Meaningless))
        };
        self.with_program(&loaded, look).ok()
    }

    /// All that breaks in a world, as far as the effort can tell; `schedules`: and the ways there.
    ///
    /// # Errors
    /// If its text means nothing, or the control wants no more.
    pub fn answer(
        &self,
        scenario: &Scenario,
        question: &Question,
        schedules: bool,
        control: &dyn Control,
    ) -> Result<Answer, Refuted> {
        let limits = self.limits(self.effort.max_states);
        let look = |reductions| {
            let plan = Plan { mode: Mode::Exhaustive, schedules, limits, reductions, ..Plan::default() };
            ask(scenario, question, &plan, &self.texts, control).map_err(|_| Refuted::Meaningless)
        };
        let mut answer = look(Reductions::ALL)?;
        if answer.coverage == Coverage::Cut(Limit::Steps) {
            // Steps that commute are taken in a row, without end where a loop has none. One by one they come to a state that is
            // known.
            answer = look(Reductions::NONE)?;
        }
        match answer.coverage {
            Coverage::Cut(limit @ (Limit::Time | Limit::Interrupt)) => Err(Refuted::Halted(limit)),
            _ => Ok(answer),
        }
    }

    /// As far as one search goes. Runs that are much longer than those that count say nothing, and a world that goes on for
    /// ever has no others.
    pub fn limits(&self, max_states: u64) -> Limits {
        let max_steps = self.longest.saturating_mul(8).saturating_add(1_000).min(self.effort.max_steps);
        Limits { max_states, max_steps, ..Limits::default() }
    }

    fn with_program(&self, loaded: &Loaded, look: impl Fn(&Program, &Only) -> Result<Tried, Halt>) -> Tried {
        let condition = self.condition.as_deref();
        let tried = with_room(loaded, &mut Room::default(), |program| {
            look(program, &Only::new(program, &self.signature, condition))
        });
        match tried {
            Ok(tried) => tried,
            Err(Unrun::Rejected(_)) => Err(Refuted::Meaningless),
            Err(Unrun::Boot(finding, place)) => {
                let line = place.map(|place| (stem(&place.file).to_string(), place.line));
                let here = self.signature.place.is_none() || self.signature.place == line;
                let says = self.condition.as_deref().is_none_or(|condition| says(&finding.why, condition));
                match finding.name == self.signature.name && here && says {
                    true => Ok(Run::in_boot(finding.why)),
                    // There is nothing but boot.
                    false => Err(Refuted::Searched(1)),
                }
            }
        }
    }

    fn look(&self, program: &Program, only: &Only, story: &[Move]) -> Result<Tried, Halt> {
        let mut fails = false;
        for by in [By::Deed, By::Count] {
            if !story.is_empty()
                && let Some(run) = follow(program, only, story, by)?
            {
                if run.steps <= self.longest {
                    return Ok(Ok(run));
                }
                fails = true;
            }
        }
        let limits = self.limits(self.effort.max_states);
        if !fails {
            let seen = search_for(program, only, Reductions::ALL, &limits, self.control)?;
            match (seen.found.is_empty(), seen.limit) {
                (true, None) => return Ok(Err(Refuted::Searched(seen.states))),
                (true, Some(limit @ (Limit::Time | Limit::Interrupt))) => {
                    return Ok(Err(Refuted::Halted(limit)));
                }
                // Some schedule is long. Those that count are searched below.
                (true, Some(Limit::Steps)) | (false, _) => {}
                (true, Some(_)) => return self.sample(program, only, seen.states),
            }
        }
        // Does it fail in few steps?
        let short = Limits { max_steps: self.longest.min(limits.max_steps), ..limits };
        let near = search_for(program, only, Reductions::NONE, &short, self.control)?;
        if let Some(best) = best_to(program, &near, only, self.control).map_err(Halt::Room)?
            && let Some(run) = retrace(program, only, &best.picks)?
        {
            return Ok(Ok(run));
        }
        match near.limit {
            None | Some(Limit::Steps) => return Ok(Err(Refuted::Longer(near.states))),
            Some(limit @ (Limit::Time | Limit::Interrupt)) => return Ok(Err(Refuted::Halted(limit))),
            Some(_) => {}
        }
        let way = way_to(program, only, Reductions::ALL, &limits, self.control)?;
        if let Some(run) = way.map(|way| retrace(program, only, &way.picks)).transpose()?.flatten()
            && run.steps <= self.longest
        {
            return Ok(Ok(run));
        }
        self.sample(program, only, near.states)
    }

    fn sample(&self, program: &Program, only: &Only, states: u64) -> Result<Tried, Halt> {
        let Some(mut scheduler) = DEFAULT.build(0) else { return Ok(Err(Refuted::Sampled(states, 0))) };
        let mut engine = Engine::new(program, &mut ())?;
        let bounds =
            Bounds { max_steps: self.limits(0).max_steps, control: self.control, progress: Progress::START };
        for execution in 0..self.effort.schedules {
            if let Some(limit) = self.control.poll(&bounds.progress) {
                return Ok(Err(Refuted::Halted(limit)));
            }
            if !scheduler.begin(execution) {
                break;
            }
            let ran =
                engine.run(&mut *scheduler, &bounds, &mut Reached::default(), &mut ()).map_err(Halt::Room)?;
            let found = matches!(&ran.end, End::Finding(finding) if only.is_end(finding));
            if found
                && let Some(run) = retrace(program, only, engine.journal())?
                && run.steps <= self.longest
            {
                return Ok(Ok(run));
            }
        }
        Ok(Err(Refuted::Sampled(states, self.effort.schedules)))
    }

    fn ask_whole(&self, scenario: &Scenario, question: &Question) -> Tried {
        let answer = self.answer(scenario, question, true, self.control)?;
        let found = answer.violations.iter().find(|found| Signature::of(self.file, found) == self.signature);
        match (found, answer.coverage) {
            (Some(found), _) => Ok(Run {
                picks: found.schedule.clone().unwrap_or_default().0,
                moves: Vec::new(),
                steps: found.steps,
                switches: found.switches,
                why: found.why.clone(),
            }),
            (None, Coverage::Complete) => Err(Refuted::Searched(answer.states.unwrap_or(0))),
            (None, _) => Err(Refuted::Sampled(answer.states.unwrap_or(0), 0)),
        }
    }
}

/// The picks of the best schedule, as far as a search without reductions comes to one.
fn shortest(
    program: &Program,
    only: &Only,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Option<Vec<Pick>>, Halt> {
    let near = search_for(program, only, Reductions::NONE, limits, control)?;
    let best = best_to(program, &near, only, control).map_err(Halt::Room)?;
    Ok(best.map(|best| best.picks))
}
