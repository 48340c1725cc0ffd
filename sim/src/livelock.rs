//! Livelock: a cycle of states in which a weakly fair scheduler can stay for ever.
//!
//! A third look at the states, taken only when the search was complete, a step led back, and the text has a loop that
//! may not end: Tarjan's search for strongly connected parts, depth first over the states themselves. A part is a
//! livelock if each task takes a step in it, or cannot in one of its states: then the round that visits all of that is
//! fair to everybody, and never ends.

use crate::engine;
use crate::limit::{Control, Progress};
use crate::odometer::Odometer;
use crate::search::Searched;
use crate::table::Index;
use model::machine::finding::Kind;
use model::machine::{Program, Room, TaskId, World};
use std::collections::VecDeque;

/// A step: who, and the how manieth combination of answers.
pub type Turn = (TaskId, u32);

/// A fair cycle.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Livelock {
    /// The fingerprint of the state where it is entered.
    pub entry: u128,
    /// The fewest steps to that state.
    pub depth: u32,
    /// The steps of one round.
    pub round: Vec<Turn>,
    /// How many states it has.
    pub states: usize,
}

impl Livelock {
    /// The finding's name.
    pub const NAME: &str = Kind::Livelock.name();
}

/// The livelock that is entered first, if there is one.
///
/// # Errors
/// Never in practice: the same program has been searched with its room.
pub fn find(program: &Program, seen: &Searched, control: &dyn Control) -> Result<Option<Livelock>, Room> {
    let Some(world) = engine::booted(program, &mut ())? else { return Ok(None) };
    let mut tarjan = Tarjan {
        checks: engine::has_checks(program),
        tasks: program.task_count(),
        world,
        seen,
        numbers: Index::default(),
        low: Vec::new(),
        open: Vec::new(),
        cells: Vec::new(),
        found: None,
    };
    tarjan.run(control)?;
    Ok(tarjan.found)
}

/// A state on the path.
struct Frame {
    /// Its number, and its place among the open ones.
    number: u32,
    place: usize,
    fingerprint: u128,
    /// The step that is tried next.
    task: TaskId,
    odometer: Odometer,
    /// Does a step lead from it to itself?
    itself: bool,
}

struct Tarjan<'a, 'p> {
    world: World<'p>,
    seen: &'a Searched,
    checks: bool,
    tasks: TaskId,
    /// Numbers of states, in the order in which they are met.
    numbers: Index,
    /// Of each state the least open number that it leads back to; [`DONE`] when its part is known.
    low: Vec<u32>,
    /// Numbers of the states whose part is not known yet, and their cells.
    open: Vec<u32>,
    cells: Vec<u32>,
    found: Option<Livelock>,
}

const DONE: u32 = u32::MAX;
const POLL: usize = 4096;

impl Tarjan<'_, '_> {
    fn run(&mut self, control: &dyn Control) -> Result<(), Room> {
        let mut path = Vec::new();
        let fingerprint = self.world.fingerprint();
        path.extend(self.enter(fingerprint));
        while let Some(frame) = path.last_mut() {
            if let Some(frame) = self.advance(frame)? {
                if self.low.len().is_multiple_of(POLL) {
                    let states = self.low.len() as u64;
                    if control.poll(&Progress { states, ..Progress::default() }).is_some() {
                        return Ok(());
                    }
                }
                path.push(frame);
                continue;
            }
            let Some(done) = path.pop() else { break };
            if self.low[done.number as usize] == done.number {
                self.part(&done)?;
            } else if let Some(parent) = path.last() {
                let low = self.low[done.number as usize];
                let parent = &mut self.low[parent.number as usize];
                *parent = low.min(*parent);
            }
        }
        Ok(())
    }

    /// The world's state, if it is new.
    fn enter(&mut self, fingerprint: u128) -> Option<Frame> {
        let (number, new) = self.numbers.number(fingerprint);
        if !new {
            return None;
        }
        self.low.push(number);
        self.open.push(number);
        self.cells.extend_from_slice(self.world.cells());
        let place = self.open.len() - 1;
        Some(Frame { number, place, fingerprint, task: 0, odometer: Odometer::new(), itself: false })
    }

    /// Takes steps from a state until one leads to a new state; `None` when all were taken.
    fn advance(&mut self, frame: &mut Frame) -> Result<Option<Frame>, Room> {
        self.restore(frame.place);
        while frame.task < self.tasks {
            if !self.world.enabled(frame.task) {
                frame.task += 1;
                continue;
            }
            let reached = self.step((frame.place, frame.fingerprint), frame.task, &mut frame.odometer)?;
            if !frame.odometer.advance() {
                frame.odometer.reset();
                frame.task += 1;
            }
            let Some(fingerprint) = reached else {
                self.take_back(frame.place);
                continue;
            };
            if let Some(next) = self.enter(fingerprint) {
                return Ok(Some(next));
            }
            self.take_back(frame.place);
            let (to, _) = self.numbers.number(fingerprint);
            frame.itself |= to == frame.number;
            if self.low[to as usize] != DONE {
                let low = &mut self.low[frame.number as usize];
                *low = to.min(*low);
            }
        }
        Ok(None)
    }

    /// Goes to an open state, and marks it.
    fn restore(&mut self, place: usize) {
        let stride = self.world.cells().len();
        self.world.restore(&self.cells[place * stride..][..stride]);
        self.world.mark();
    }

    /// Goes back to an open state that was marked.
    fn take_back(&mut self, place: usize) {
        let stride = self.world.cells().len();
        self.world.take_back(&self.cells[place * stride..][..stride]);
    }

    /// Takes a step from an open state with this fingerprint, which was marked; the state it leads to, unless it ends in a finding.
    fn step(
        &mut self,
        (place, fingerprint): (usize, u128),
        task: TaskId,
        odometer: &mut Odometer,
    ) -> Result<Option<u128>, Room> {
        let result = self.world.step(task, odometer, &mut ());
        if engine::settle(result, &self.world, self.checks)?.is_some() {
            return Ok(None);
        }
        let stride = self.world.cells().len();
        let before = &self.cells[place * stride..][..stride];
        Ok(Some(self.world.fingerprint_from(before, fingerprint, |_, _| {})))
    }

    /// All open states from this one on are a part.
    fn part(&mut self, root: &Frame) -> Result<(), Room> {
        let count = self.open.len() - root.place;
        if count > 1 || root.itself {
            let part = Part::new(self, root.place)?;
            if part.is_fair() {
                let livelock = part.livelock();
                if self.found.as_ref().is_none_or(|found| livelock.depth < found.depth) {
                    self.found = Some(livelock);
                }
            }
        }
        for number in self.open.drain(root.place..) {
            self.low[number as usize] = DONE;
        }
        self.cells.truncate(root.place * self.world.cells().len());
        Ok(())
    }
}

/// A strongly connected part with a cycle.
struct Part {
    /// Of each state: fingerprint and depth.
    states: Vec<(u128, u32)>,
    /// Of each state: its steps inside the part.
    turns: Vec<Vec<(Turn, usize)>>,
    /// Of each task and state: can it not take a step there?
    idle: Vec<Vec<bool>>,
}

impl Part {
    fn new(tarjan: &mut Tarjan<'_, '_>, first: usize) -> Result<Self, Room> {
        let count = tarjan.open.len() - first;
        let mut numbers: Vec<_> = tarjan.open[first..].iter().copied().zip(0..).collect();
        numbers.sort_unstable();
        let mut part = Self {
            states: Vec::with_capacity(count),
            turns: vec![Vec::new(); count],
            idle: vec![vec![true; count]; tarjan.tasks as usize],
        };
        for at in 0..count {
            tarjan.restore(first + at);
            let fingerprint = tarjan.world.fingerprint();
            part.states.push((fingerprint, tarjan.seen.table.depth(fingerprint).unwrap_or(DONE)));
            for task in 0..tarjan.tasks {
                tarjan.restore(first + at);
                if !tarjan.world.enabled(task) {
                    continue;
                }
                part.idle[task as usize][at] = false;
                let mut odometer = Odometer::new();
                for choice in 0.. {
                    tarjan.restore(first + at);
                    if let Some(fingerprint) = tarjan.step((first + at, fingerprint), task, &mut odometer)? {
                        let number = tarjan.numbers.number(fingerprint).0;
                        if let Ok(to) = numbers.binary_search_by_key(&number, |&(number, _)| number) {
                            part.turns[at].push(((task, choice), numbers[to].1));
                        }
                    }
                    if !odometer.advance() {
                        break;
                    }
                }
            }
        }
        Ok(part)
    }

    fn is_fair(&self) -> bool {
        (0..self.idle.len()).all(|task| self.rests(task) || self.steps(task))
    }

    /// Is there a state where the task cannot take a step?
    fn rests(&self, task: usize) -> bool {
        self.idle[task].contains(&true)
    }

    fn steps(&self, task: usize) -> bool {
        self.turns.iter().flatten().any(|((who, _), _)| *who as usize == task)
    }

    /// A round from the nearest state back to it, fair to every task.
    fn livelock(&self) -> Livelock {
        let entry = (0..self.states.len()).min_by_key(|&at| self.states[at].1).unwrap_or(0);
        let (mut at, mut round) = (entry, Vec::new());
        for task in 0..self.idle.len() {
            if self.is_served(task, entry, &round) {
                continue;
            }
            at = if self.rests(task) {
                self.go(at, &mut round, |to, _| self.idle[task][to])
            } else {
                self.go(at, &mut round, |_, (who, _)| who as usize == task)
            };
        }
        if at != entry || round.is_empty() {
            self.go(at, &mut round, |to, _| to == entry);
        }
        let (entry, depth) = self.states[entry];
        Livelock { entry, depth, round, states: self.states.len() }
    }

    /// Has the round so far been fair to a task?
    fn is_served(&self, task: usize, entry: usize, round: &[Turn]) -> bool {
        let mut at = entry;
        for turn in round {
            if turn.0 as usize == task || self.idle[task][at] {
                return true;
            }
            at = self.turns[at].iter().find(|(known, _)| known == turn).map_or(at, |&(_, to)| to);
        }
        self.idle[task][at]
    }

    /// The shortest way on, at least one step, to a step that is wanted; where it ends.
    fn go(&self, from: usize, round: &mut Vec<Turn>, wanted: impl Fn(usize, Turn) -> bool) -> usize {
        let mut came: Vec<Option<(usize, Turn)>> = vec![None; self.states.len()];
        let mut queue = VecDeque::from([from]);
        while let Some(at) = queue.pop_front() {
            for &(turn, to) in &self.turns[at] {
                if wanted(to, turn) {
                    let mut way = vec![turn];
                    let mut back = at;
                    while back != from {
                        let Some((before, turn)) = came[back] else { break };
                        way.push(turn);
                        back = before;
                    }
                    round.extend(way.iter().rev());
                    return to;
                }
                if to != from && came[to].is_none() {
                    came[to] = Some((at, turn));
                    queue.push_back(to);
                }
            }
        }
        from
    }
}

#[cfg(test)]
mod tests {
    use crate::ask::Plan;
    use crate::run_text;

    /// The findings of a scenario, with the steps of their schedules.
    #[track_caller]
    fn check(text: &str, want: &str) {
        let answer = run_text("x.pernet", text, &[], &[].into(), &Plan::default()).unwrap().remove(0);
        let found: Vec<_> = answer
            .violations
            .iter()
            .map(|found| format!("{} {} {}", found.name, found.steps, found.schedule.as_ref().unwrap()))
            .collect();
        assert_eq!(found.join("; "), want);
        assert_eq!(answer.nondeterminism, None);
    }

    #[test]
    fn a_cycle_that_is_fair_is_a_livelock() {
        // Nobody writes it, so it is read without a step, and one task spins alone.
        check("on rfc2007; int go; task spin { while (!go) step; }", "livelock 1 v1");
        // Two that give way to each other.
        let polite = "on rfc2007; int a, b;
            task one { a = 1; while (b) { a = 0; a = 1; } a = 0; }
            task two { b = 1; while (a) { b = 0; b = 1; } b = 0; }";
        let answer = run_text("x.pernet", polite, &[], &[].into(), &Plan::default()).unwrap().remove(0);
        assert_eq!(answer.violations[0].name, "livelock");
        assert!(
            answer.violations[0].why.contains("one, two can go round for ever"),
            "{}",
            answer.violations[0].why
        );
    }

    #[test]
    fn a_cycle_that_fairness_leaves_is_none() {
        check("on rfc2007; int go; task spin { while (!go) step; } task end { go = 1; }", "");
        check(
            "on rfc2007; int go; task spin { while (!go) step; } task end { wait_for(go == 2); go = 1; }",
            "livelock 3 v1",
        );
        // A lock that is tried again and again is free in between, and another can always have it.
        check("on rfc2007; task try { again: if (!mutex_trylock(net_mutex)) goto again; mutex_unlock(net_mutex); }
            task hold { mutex_lock(net_mutex); mutex_unlock(net_mutex); }", "");
    }
}
