//! What broke and where: runs with the same signature show the same bug, whatever world they ran in.

use crate::answer::Violation;
use crate::livelock::Livelock;
use crate::question::stem;
use model::judge::INVARIANTS;
use model::judge::orders::Orders;
use model::machine::finding::Kind;
use std::fmt;

/// Judges that look at the end of a schedule, or at all schedules: the last step has nothing to do with what they find.
const OF_THE_END: [&str; 6] = ["deadlock", "leak", "cleaned", "balanced", Livelock::NAME, Orders::NAME];

/// What broke and where.
///
/// Where it broke is a line of a protocol. A line of the scenario is not in it: worlds in which the same thing breaks have
/// other scenarios, and a smaller one has other lines.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Signature {
    /// The judge, the machine's finding, or the label of a condition.
    pub name: String,
    /// A protocol, without folder and ending, and a line in it, from 1; none where no line of a protocol broke it.
    pub place: Option<(String, u32)>,
}

impl Signature {
    /// The signature of a violation in a scenario, which is named as the violation names it.
    #[must_use]
    pub fn of(scenario: &str, violation: &Violation) -> Self {
        let place = &violation.place;
        let of_a_step = is_of_a_step(&violation.name) && place.line > 0 && place.file != scenario;
        Self {
            name: violation.name.clone(),
            place: of_a_step.then(|| (stem(&place.file).to_string(), place.line)),
        }
    }
}

/// Conditions are the scenario's own: what they say about may have happened long before.
#[must_use]
pub fn is_of_a_step(name: &str) -> bool {
    let judge = INVARIANTS.iter().any(|judge| judge.name == name);
    let machine = Kind::ALL.iter().any(|kind| kind.name() == name);
    (judge || machine) && !OF_THE_END.contains(&name)
}

impl fmt::Display for Signature {
    /// `paired at rfc2007:58`
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.name)?;
        match &self.place {
            Some((file, line)) => write!(f, " at {file}:{line}"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::answer::Violation;
    use crate::question::Question;
    use crate::trace::Place;
    use model::machine::Finding;

    fn signature(name: &str, file: &str) -> String {
        let question = Question { protocol: String::new(), breaks: Vec::new(), params: Default::default() };
        let finding = Finding { name: name.to_string(), why: String::new(), pc: None };
        let place = Place { file: file.to_string(), line: 7, source: String::new() };
        let violation = Violation { place, ..Violation::bare(&question, finding, 3) };
        Signature::of("a/x.pernet", &violation).to_string()
    }

    #[test]
    fn a_place_is_a_line_of_a_protocol() {
        assert_eq!(signature("paired", "protocols/rfc2007.pernet"), "paired at rfc2007:7");
        assert_eq!(signature("use_after_free", "protocols/rfc2007.pernet"), "use_after_free at rfc2007:7");
        assert_eq!(signature("paired", "a/x.pernet"), "paired");
        assert_eq!(signature("deadlock", "protocols/rfc2007.pernet"), "deadlock");
        assert_eq!(signature("my_label", "protocols/rfc2007.pernet"), "my_label");
    }

    #[test]
    fn what_is_of_the_end_is_a_judge_or_finding() {
        for name in OF_THE_END {
            let known = INVARIANTS.iter().any(|judge| judge.name == name)
                || Kind::ALL.iter().any(|kind| kind.name() == name);
            assert!(known, "{name}");
        }
    }
}
