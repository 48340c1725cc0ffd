//! A recorded run, repeated: strictly, as far as it fits, or as far as it fits and then on.

use super::differs::Differs;
use super::{Recording, Text};
use crate::VERSION;
use crate::answer::{Answer, Violation, repeated};
use crate::codes;
use crate::fate;
use crate::fingerprint;
use crate::library::Texts;
use crate::limit::{Control, Limits};
use crate::origin::{Drawn, Origin};
use crate::pick::Pick;
use crate::question::{Loaded, Question, Rejected, Scenario};
use crate::replay::beside::{self, compare};
use crate::replay::onward::{Onward, onward};
use crate::replay::{Followed, Replayed, drawn, follow, follow_to_end, replay};
use crate::scheduler::{Fit, Lenient, Replay};
use crate::verdict::{Coverage, Exit, Verdict};
use model::lang::diagnostic::Diagnostic;
use model::machine::Room;

/// How far a run that is followed as far as it fits may go on behind its recorded end.
const MOST_BEHIND: u64 = 100_000;

/// What is done where a run does not fit.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Mode {
    /// It is refused.
    #[default]
    Strict,
    /// What does not fit is passed over.
    BestEffort,
    /// From there on everything is looked at.
    Continue,
}

/// What the decisions are run on in place of the recorded texts.
#[derive(Clone, Debug)]
pub struct Onto {
    /// The scenario.
    pub scenario: Scenario,
    /// What is asked of it.
    pub question: Question,
    /// Its texts.
    pub loaded: Loaded,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Rerun {
    /// What the run led to; where it was gone on from, what all that is behind it leads to.
    pub answer: Answer,
    /// Texts that say something else than when the run was recorded.
    pub changed: Vec<String>,
    /// The first step that is not as it was recorded.
    pub differs: Option<Differs>,
    /// How well the picks fitted, where some did not.
    pub fit: Option<Fit>,
    /// What is reachable from where it ceased to fit.
    pub onward: Option<Onward>,
}

impl Recording {
    /// Repeats the run on its own texts, and holds it against what was recorded.
    ///
    /// # Errors
    /// If a text cannot be used, or at the first step where the run goes another way.
    pub fn rerun(&self) -> Result<Answer, Box<Rejected>> {
        self.repeat(Mode::Strict, None, &Limits::default(), &()).map(|rerun| rerun.answer)
    }

    /// Repeats the run, on its own texts or on others.
    ///
    /// # Errors
    /// If a text cannot be used; strictly also at the first step where the run goes another way.
    pub fn repeat(
        &self,
        mode: Mode,
        onto: Option<&Onto>,
        limits: &Limits,
        control: &dyn Control,
    ) -> Result<Rerun, Box<Rejected>> {
        self.repeat_by(mode, onto, limits, control, &|how, onto| how.replay(onto))
    }

    fn repeat_by(
        &self,
        mode: Mode,
        onto: Option<&Onto>,
        limits: &Limits,
        control: &dyn Control,
        own_run: OwnRun<'_>,
    ) -> Result<Rerun, Box<Rejected>> {
        let own = self.own()?;
        let how = How { recording: self, mode, limits, control };
        // As far as it was recorded, and one step more to see that it ends there.
        let now = own_run(&how, &own)?;
        let differs = self.difference(&now);
        match (differs, onto) {
            (None, None) => Ok(how.rerun(&own, how.answer(&own, &self.schedule.0, now)?)),
            (None, Some(onto)) => how.beside(&own, onto),
            (Some(differs), _) if mode == Mode::Strict => {
                // Only if this very program does now this and now that, it is to blame.
                let again = own_run(&how, &own)?;
                if again == now {
                    return Err(Box::new(Rejected::new(self.refused(&differs))));
                }
                let mut answer = how.answer(&own, &self.schedule.0, now)?;
                answer.exit = Exit::Nondeterminism;
                answer.nondeterminism = Some("the same picks gave two different runs".to_string());
                Ok(how.rerun(&own, answer))
            }
            (Some(differs), None) => how.astray(&own, &now, differs),
            (Some(differs), Some(onto)) => {
                let picks = || Lenient::new(self.schedule.0.clone(), self.timed);
                how.follow(onto, &picks(), differs)
            }
        }
    }

    /// Draws the run again from the seed that it came from.
    ///
    /// # Errors
    /// If it came from none, or the seed gives another run now.
    pub fn by_seed(&self, control: &dyn Control) -> Result<Drawn, Box<Rejected>> {
        let refuse = |code, message: String, help: String| {
            Err(Box::new(Rejected::new(Diagnostic::without_place(code, message).help(help))))
        };
        let Origin::Sampled(drawn) = &self.origin else {
            let message = format!("the run was not drawn from a seed: its origin is `{}`", self.origin);
            return refuse(codes::NO_SEED, message, "leave out `--by-seed`".to_string());
        };
        let Some(choice) = drawn.choice() else {
            let message = format!("pernet-sim {VERSION} has no scheduler `{}`", drawn.scheduler);
            return refuse(
                codes::NO_SEED,
                message,
                "leave out `--by-seed`: the picks are recorded".to_string(),
            );
        };
        let own = self.own()?;
        let picks = drawn::picks(&own.loaded, &choice, drawn, control)?;
        if picks.as_ref() == Some(&self.schedule.0) {
            return Ok(drawn.clone());
        }
        let picks = picks.unwrap_or_default();
        let same = picks.iter().zip(&self.schedule.0).take_while(|(now, then)| now == then).count();
        let Drawn { scheduler, seed, execution, version, .. } = drawn;
        let message = format!(
            "execution {execution} of `{scheduler}` from seed {seed:#x} is another one now, from pick {} on",
            same + 1
        );
        let help = match drawn.is_of_this_version() {
            true => format!("the file was edited, or drawn by another build of pernet-sim {VERSION}"),
            false => {
                format!(
                    "a seed is bound to a version: this one to {version}, and this is pernet-sim {VERSION}"
                )
            }
        };
        refuse(codes::SEED_DIFFERS, message, format!("{help}; without `--by-seed` the picks are repeated"))
    }

    /// The recorded scenario.
    ///
    /// # Errors
    /// If its text is not there, or cannot be read.
    pub fn scenario(&self) -> Result<Scenario, Rejected> {
        match self.texts.iter().find(|text| text.name == self.scenario) {
            Some(Text { name, text, .. }) => Scenario::read(name, text),
            None => {
                let message =
                    format!("the replay file does not hold the text of its scenario `{}`", self.scenario);
                let missing = Diagnostic::without_place(codes::REPLAY_MISSING, message);
                Err(Rejected::new(missing.help("record the run again")))
            }
        }
    }

    /// The recorded protocols.
    #[must_use]
    pub fn library(&self) -> Texts {
        let others = self.texts.iter().filter(|text| text.name != self.scenario);
        Texts { files: others.map(|text| (text.name.clone(), text.text.clone())).collect() }
    }

    /// The recorded texts, ready to be run.
    fn own(&self) -> Result<Onto, Box<Rejected>> {
        let (scenario, question) = (self.scenario()?, self.question());
        let loaded = scenario.load(&question, &self.library())?;
        Ok(Onto { scenario, question, loaded })
    }
}

/// Runs the recorded texts.
type OwnRun<'a> = &'a dyn Fn(&How<'_>, &Onto) -> Result<Replayed, Box<Rejected>>;

/// What is repeated, and how.
#[derive(Clone, Copy)]
struct How<'a> {
    recording: &'a Recording,
    mode: Mode,
    limits: &'a Limits,
    control: &'a dyn Control,
}

impl How<'_> {
    fn max_steps(&self) -> u64 {
        self.recording.steps.saturating_add(1)
    }

    fn replay(&self, onto: &Onto) -> Result<Replayed, Box<Rejected>> {
        let Recording { schedule, timed, .. } = self.recording;
        replay(&onto.loaded, &Room::default(), &schedule.0, *timed, self.max_steps())
    }

    /// A run as an answer.
    fn answer(&self, onto: &Onto, picks: &[Pick], run: Replayed) -> Result<Answer, Box<Rejected>> {
        let Onto { scenario, question, loaded } = onto;
        let mut answer = repeated(scenario, loaded, question, picks, run);
        for violation in &mut answer.violations {
            violation.origin = self.recording.origin.clone();
        }
        self.tell(onto, &mut answer)?;
        Ok(answer)
    }

    fn tell(&self, onto: &Onto, answer: &mut Answer) -> Result<(), Box<Rejected>> {
        if self.recording.timed {
            return Ok(());
        }
        fate::tell(&mut answer.violations, &onto.loaded, &mut Room::default(), self.limits, self.control)
    }

    fn rerun(&self, onto: &Onto, answer: Answer) -> Rerun {
        let recorded = |text: &Text| text.model.unwrap_or_else(|| fingerprint::of_model(&text.text));
        let is_known = |model| self.recording.texts.iter().any(|text| recorded(text) == model);
        let files = onto.loaded.sources().files().iter();
        let changed = files.filter(|file| !is_known(fingerprint::of_model(&file.text)));
        let changed = changed.map(|file| file.name.clone()).collect();
        Rerun { answer, changed, differs: None, fit: None, onward: None }
    }

    /// Own texts that the picks do not fit, or that they lead elsewhere.
    fn astray(&self, own: &Onto, now: &Replayed, differs: Differs) -> Result<Rerun, Box<Rejected>> {
        let Recording { schedule, timed, .. } = self.recording;
        if self.mode == Mode::Continue
            && let Some(at) = now.diverges_at()
        {
            let picks = || Replay::new(schedule.0.clone(), *timed);
            let onward = onward(&own.loaded, picks, *timed, at - 1, self.limits, self.control)?;
            return self.onward(own, onward, differs);
        }
        self.follow(own, &Lenient::new(schedule.0.clone(), *timed), differs)
    }

    /// Other texts, beside those that were recorded.
    fn beside(&self, own: &Onto, onto: &Onto) -> Result<Rerun, Box<Rejected>> {
        let Recording { schedule, timed, .. } = self.recording;
        let (first, second, picks) = (&own.loaded, &onto.loaded, &schedule.0[..]);
        let difference = compare(first, second, picks, *timed, self.max_steps())?;
        let Some(lenient) = beside::lenient(first, second, picks, *timed, self.max_steps())? else {
            // Wrong before its first step, whatever is picked.
            return Ok(self.rerun(onto, self.answer(onto, &[], self.replay(onto)?)?));
        };
        let Some(difference) = difference else {
            let Followed { replayed, .. } =
                follow(second, &Room::default(), &lenient, *timed, self.recording.steps)?;
            // Behind the last step another one may have been picked.
            let taken = replayed.trace.marks.last().and_then(|mark| mark.picks).unwrap_or(0);
            let picks = &replayed.picks[..taken];
            let again = replay(second, &Room::default(), picks, *timed, self.max_steps())?;
            return Ok(self.rerun(onto, self.answer(onto, picks, again)?));
        };
        let differs = Differs::from(&difference);
        match self.mode {
            Mode::Strict => {
                let help = "`--mode best-effort` follows the run as far as it fits, and `--mode continue` looks at all that can come then";
                Err(Box::new(Rejected::new(differs.diagnostic(help))))
            }
            Mode::BestEffort => self.follow(onto, &lenient, differs),
            Mode::Continue => {
                let steps = difference.step.saturating_sub(1);
                let onward = onward(second, || lenient.clone(), *timed, steps, self.limits, self.control)?;
                self.onward(onto, onward, differs)
            }
        }
    }

    /// As far as it fits.
    fn follow(&self, onto: &Onto, lenient: &Lenient, differs: Differs) -> Result<Rerun, Box<Rejected>> {
        let most = self.recording.steps.saturating_add(MOST_BEHIND);
        let followed = follow_to_end(&onto.loaded, &Room::default(), lenient, self.recording.timed, most)?;
        let Followed { replayed, fit, .. } = followed;
        let picks = replayed.picks.clone();
        let mut answer = self.answer(onto, &picks, replayed)?;
        for violation in &mut answer.violations {
            violation.origin = Origin::Hand;
        }
        Ok(Rerun { differs: Some(differs), fit: Some(fit), ..self.rerun(onto, answer) })
    }

    /// All that is behind the part that fits, as an answer.
    fn onward(&self, onto: &Onto, onward: Onward, differs: Differs) -> Result<Rerun, Box<Rejected>> {
        let Onto { scenario, question, loaded } = onto;
        let mut violations = Vec::new();
        for picks in &onward.found {
            let replayed = replay(loaded, &Room::default(), picks, false, self.limits.max_steps)?;
            let violation = Violation::of(question, picks, replayed);
            violations.extend(violation.map(|found| Violation { origin: Origin::Search, ..found }));
        }
        let followed = replay(loaded, &Room::default(), &[], false, 0)?;
        let (verdict, exit) = match (violations.iter().all(|found| found.expected), onward.limit) {
            _ if onward.names.is_empty() && onward.limit.is_none() => (Verdict::Holds, Exit::AsExpected),
            (true, _) if !violations.is_empty() => (Verdict::Violated, Exit::AsExpected),
            (false, _) => (Verdict::Violated, Exit::Finding),
            (true, _) => (Verdict::Inconclusive, Exit::Inconclusive),
        };
        let mut answer = Answer {
            verdict,
            exit,
            violations,
            states: Some(onward.states),
            transitions: Some(onward.transitions),
            executions: None,
            final_fingerprint: onward.final_fingerprint,
            coverage: onward.limit.map_or(Coverage::Complete, Coverage::Cut),
            repeated: None,
            ..repeated(scenario, loaded, question, &[], followed)
        };
        self.tell(onto, &mut answer)?;
        Ok(Rerun { differs: Some(differs), onward: Some(onward), ..self.rerun(onto, answer) })
    }
}

#[cfg(test)]
mod tests;
