//! Which findings count, where only one bug is looked for: those with its signature.

use crate::question::stem;
use crate::signature::{Signature, is_of_a_step};
use model::lang::source::Span;
use model::machine::{Finding, Program, TaskId, World};

/// Findings with one signature, in one program.
#[derive(Clone, Debug)]
pub struct Only {
    name: String,
    /// What a condition with this name says, if several may have the name.
    condition: Option<String>,
    /// Of each instruction: is it where it has to break? `None`: anywhere.
    places: Option<Vec<bool>>,
}

impl Only {
    /// Those with a signature. `condition`: the text of the condition that breaks, if one does.
    #[must_use]
    pub fn new(program: &Program, signature: &Signature, condition: Option<&str>) -> Self {
        let is_place = |span: &Span| {
            let file = &program.sources.file(span.file).name;
            match &signature.place {
                Some((protocol, line)) => {
                    stem(file) == protocol && program.sources.position(*span).0 == *line
                }
                // A line of the scenario, whichever.
                None => *file == program.sources.files()[0].name,
            }
        };
        let places = is_of_a_step(&signature.name).then(|| program.spans.iter().map(is_place).collect());
        Self { name: signature.name.clone(), condition: condition.map(str::to_string), places }
    }

    /// Those with a name, wherever they are met.
    #[must_use]
    pub fn anywhere(program: &Program, signature: &Signature, condition: Option<&str>) -> Self {
        Self { places: None, ..Self::new(program, signature, condition) }
    }

    /// Their name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Is it one of them? The world stands before the step in which the task met it.
    #[must_use]
    pub fn is_of(&self, before: &World<'_>, task: TaskId, finding: &Finding) -> bool {
        self.is_end(finding)
            && self.places.as_ref().is_none_or(|places| {
                let pc = finding.pc.unwrap_or_else(|| before.doing(task).pc);
                places[pc as usize]
            })
    }

    /// Is it one of them? It was met at the end of a schedule, or before its first step.
    #[must_use]
    pub fn is_end(&self, finding: &Finding) -> bool {
        self.name == finding.name && self.condition.as_ref().is_none_or(|text| says(&finding.why, text))
    }
}

/// Is a finding about the condition with this text? Line breaks make no difference.
#[must_use]
pub fn says(why: &str, condition: &str) -> bool {
    let words = |text: &str| text.split_whitespace().collect::<String>();
    said(why).is_none_or(|said| words(said) == words(condition))
}

/// The text of the condition that a finding is about, if it quotes one.
#[must_use]
pub fn said(why: &str) -> Option<&str> {
    let rest = why.strip_prefix('`')?;
    rest.rsplit_once('`').map(|(text, _)| text)
}
