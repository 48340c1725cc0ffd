//! What steps were seen to touch, and which of them race with steps of another task: learned from execution to execution.

use model::footprint::Footprint;
use model::machine::TaskId;

/// Different footprints remembered; steps with others are taken for the last of them.
const KINDS: usize = 64;

/// A kind of step: all that touch the same.
#[derive(Clone, Debug)]
struct Kind {
    touches: Footprint,
    /// Who took such a step, as bits; all tasks beyond the 63rd are one.
    by: u64,
    /// Does one of them race with a step of another task?
    races: bool,
}

/// The steps of the executions so far.
#[derive(Clone, Debug, Default)]
pub(super) struct Races {
    kinds: Vec<Kind>,
    /// By task and kind: how many steps, of all executions but this one.
    before: Vec<Vec<u64>>,
    /// The same, of this one.
    now: Vec<Vec<u64>>,
    executions: u64,
}

impl Races {
    /// The execution is over.
    pub(super) fn learn(&mut self) {
        let mut new = false;
        for (task, kinds) in self.now.iter().enumerate() {
            for (kind, count) in kinds.iter().enumerate() {
                *entry(&mut self.before, task, kind) += count;
                let by = if *count == 0 { 0 } else { 1 << task.min(63) };
                new |= self.kinds[kind].by | by != self.kinds[kind].by;
                self.kinds[kind].by |= by;
            }
        }
        self.executions += u64::from(!self.now.is_empty());
        self.now.clear();
        if new {
            self.find_races();
        }
    }

    fn find_races(&mut self) {
        for at in 0..self.kinds.len() {
            let one = &self.kinds[at];
            let apart = |other: &Kind| other.by != 0 && (one.by | other.by).count_ones() > 1;
            let races = |other: &Kind| apart(other) && one.touches.conflicts(&other.touches);
            self.kinds[at].races = one.by != 0 && self.kinds.iter().any(races);
        }
    }

    /// The execution is begun again.
    pub(super) fn forget(&mut self) {
        self.now.clear();
    }

    /// A task takes a step.
    pub(super) fn step(&mut self, touches: Footprint, task: TaskId) {
        let kind = match self.kind(&touches) {
            Some(kind) => kind,
            None if self.kinds.len() < KINDS => {
                self.kinds.push(Kind { touches, by: 0, races: false });
                self.kinds.len() - 1
            }
            None => KINDS - 1,
        };
        *entry(&mut self.now, task as usize, kind) += 1;
    }

    fn kind(&self, touches: &Footprint) -> Option<usize> {
        self.kinds.iter().position(|kind| kind.touches == *touches)
    }

    /// What the steps of each kind touch.
    pub(super) fn kinds(&self) -> impl ExactSizeIterator<Item = Footprint> {
        self.kinds.iter().map(|kind| kind.touches)
    }

    /// All that is touched by steps that race; `None`: none was seen.
    pub(super) fn racing(&self) -> Option<Footprint> {
        self.kinds.iter().filter(|kind| kind.races).map(|kind| kind.touches).reduce(|all, one| all | one)
    }

    /// May such a step race with one of another task? Of a kind that was not seen yet, it may.
    pub(super) fn may_race(&self, touches: &Footprint) -> bool {
        self.kind(touches).is_none_or(|kind| self.kinds[kind].races)
    }

    /// By task: how many of its steps race with another, on the average, rounded up.
    pub(super) fn expected(&self, interest: &Footprint) -> impl Iterator<Item = u64> {
        self.before.iter().map(move |counts| {
            let racing = counts.iter().zip(&self.kinds).filter(|(_, kind)| kind.touches.conflicts(interest));
            let steps: u64 = racing.map(|(count, _)| count).sum();
            steps.div_ceil(self.executions.max(1))
        })
    }
}

/// The entry of a table that grows.
fn entry(table: &mut Vec<Vec<u64>>, task: usize, kind: usize) -> &mut u64 {
    if table.len() <= task {
        table.resize_with(task + 1, Vec::new);
    }
    if table[task].len() <= kind {
        table[task].resize(kind + 1, 0);
    }
    &mut table[task][kind]
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Steps that only one task takes race with nothing, however alike they are.
    #[test]
    fn a_race_takes_two() {
        let mut races = Races::default();
        races.step(Footprint::ALL, 0);
        races.step(Footprint::ALL, 0);
        races.learn();
        assert_eq!((races.racing(), races.may_race(&Footprint::ALL)), (None, false));
        races.step(Footprint::ALL, 1);
        races.step(Footprint::NONE, 1);
        races.learn();
        assert_eq!(races.racing(), Some(Footprint::ALL));
        assert!(races.may_race(&Footprint::ALL) && !races.may_race(&Footprint::NONE));
        assert_eq!(races.expected(&Footprint::ALL).collect::<Vec<_>>(), [1, 1]);
    }
}
