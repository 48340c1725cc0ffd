//! The planted slips, who asks for them, and how many schedules it takes to see one.

use crate::lab::Case;
use sim::engine::Engine;
use sim::first::first_finding;
use sim::question::stem;
use sim::scheduler::Choice;

/// A planted slip.
#[derive(Clone, Debug)]
pub struct Mutant {
    /// Its protocol's name.
    pub name: String,
    /// The protocol without the slip.
    pub base: String,
    /// What the first sentence of its file says.
    pub slip: String,
    /// Why nobody can see it, if so.
    pub unseen: Option<String>,
}

/// All of them, in the order of their files.
#[must_use]
pub fn mutants() -> Vec<Mutant> {
    let mutant = |(file, text): (String, &str)| {
        let name = stem(&file).to_string();
        let comment = comment(text);
        let slip = comment.split_once(". ").map_or(comment.clone(), |(sentence, _)| format!("{sentence}."));
        let unseen = comment.split_once("Unseen: ").map(|(_, why)| why.to_string());
        file.contains("/mutants/").then(|| Mutant { base: base(text).to_string(), name, slip, unseen })
    };
    sim::library::protocols().into_iter().filter_map(mutant).collect()
}

/// Up to two questions for each of them.
#[must_use]
pub fn two_for_each() -> Vec<Case> {
    let cases = Case::shipped();
    mutants().iter().flat_map(|mutant| mutant.questions(&cases).into_iter().take(2)).collect()
}

/// A text's first comment, in one line.
fn comment(text: &str) -> String {
    let lines = text.lines().skip_while(|line| !line.starts_with("//"));
    let comment: Vec<_> = lines.map_while(|line| line.strip_prefix("//")).map(str::trim).collect();
    comment.join(" ")
}

/// What a protocol is a difference from.
fn base(text: &str) -> &str {
    let said = text.lines().next().and_then(|line| line.split_once(" is "));
    said.map_or("", |(_, base)| base.trim_end_matches(';'))
}

impl Mutant {
    /// The questions that expect it to be found.
    #[must_use]
    pub fn questions(&self, cases: &[Case]) -> Vec<Case> {
        let asks = |case: &&Case| case.question.protocol == self.name && !case.question.breaks.is_empty();
        cases.iter().filter(asks).cloned().collect()
    }

    /// Its name within its family.
    #[must_use]
    pub fn short(&self) -> &str {
        self.name.strip_prefix(&*self.base).map_or(&self.name, |short| short.trim_start_matches('-'))
    }
}

/// The scenario, and the values of its parameters.
#[must_use]
pub fn where_asked(case: &Case) -> String {
    let params = sim::answer::params_text(&case.question.params);
    format!("{} {params}", case.scenario.file.trim_end_matches(".pernet")).trim_end().to_string()
}

/// The first schedule of each seed, counted from 1, that finds something; `None` where the first `most` find nothing. 0:
/// it is wrong before the first step.
///
/// # Panics
/// If the case cannot be used, or the scheduler needs a recorded schedule.
#[must_use]
pub fn first_findings(case: &Case, scheduler: Choice, seeds: u64, most: u64) -> Vec<Option<u64>> {
    let found = case.compiled(|program| {
        let mut engine = Engine::new(program, &mut ())?;
        (0..seeds).map(|seed| first_finding(&mut engine, scheduler, seed, most, false, &())).collect()
    });
    found.unwrap_or_else(|_| (0..seeds).map(|_| Some(0)).collect())
}

/// The middle one; of an even number, the lower of two. What was not found counts as more than all others.
///
/// # Panics
/// If there is none.
#[must_use]
pub fn median(mut firsts: Vec<Option<u64>>) -> Option<u64> {
    firsts.sort_by_key(|first| first.unwrap_or(u64::MAX));
    firsts[(firsts.len() - 1) / 2]
}
