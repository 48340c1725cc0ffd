//! The best schedule to each finding, and to each `sometimes` that is reached: the shortest, of equal lengths the one with the fewest switches between tasks,
//! then the one with the smallest picks.
//!
//! A second pass over the states that the search has stored, layer by layer. A shortest way passes through each of its
//! states at that state's own depth, so whatever lies elsewhere is left out. A node is (state, task that came last):
//! switches from there on depend on nothing else, so the best way to a node is part of the best way through it.

use crate::engine;
use crate::limit::{Control, Progress};
use crate::livelock::Livelock;
use crate::odometer::Odometer;
use crate::only::Only;
use crate::pick::Pick;
use crate::search::Searched;
use crate::table::Index;
use model::machine::{Program, Room, TaskId, World};
use std::mem;

/// The best schedule to a finding with this name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counterexample {
    /// The finding's name.
    pub name: String,
    /// The picks that lead to it.
    pub picks: Vec<Pick>,
}

/// A schedule to a state where a condition is true.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Witness {
    /// Which of the program's conditions.
    pub condition: usize,
    /// The steps to the first state where it is true.
    pub steps: u64,
    /// The picks that lead there.
    pub picks: Vec<Pick>,
    /// Is it the best there is, or merely the best that was seen?
    pub best: bool,
}

/// The best schedule to each finding of a search, shortest first. Fewer than were found if the control says so.
///
/// # Errors
/// Never in practice: the same program has been searched with its room.
pub fn best(
    program: &Program,
    seen: &Searched,
    livelock: Option<&Livelock>,
    control: &dyn Control,
) -> Result<Vec<Counterexample>, Room> {
    let wanted = seen.found.iter().map(|found| Wanted {
        what: What::Finding(found.finding.name.clone()),
        steps: Some(found.steps),
        best: None,
    });
    let Some(mut pass) = Pass::new(program, seen, wanted.collect(), livelock)? else { return Ok(Vec::new()) };
    pass.counterexamples(control)
}

/// The best schedule to a finding that counts, of a search that told no others.
///
/// # Errors
/// As [`best`].
pub fn best_to(
    program: &Program,
    seen: &Searched,
    only: &Only,
    control: &dyn Control,
) -> Result<Option<Counterexample>, Room> {
    let wanted = seen.found.iter().map(|found| Wanted {
        what: What::Finding(found.finding.name.clone()),
        steps: Some(found.steps),
        best: None,
    });
    let Some(mut pass) = Pass::new(program, seen, wanted.collect(), None)? else { return Ok(None) };
    pass.only = Some(only);
    Ok(pass.counterexamples(control)?.pop())
}

/// The best schedule to each of these conditions of a program, as far as a search has come to a state where it is true;
/// shortest first.
///
/// # Errors
/// Never in practice: the same program has been searched with its room.
pub fn witnesses(
    program: &Program,
    seen: &Searched,
    conditions: impl IntoIterator<Item = usize>,
    control: &dyn Control,
) -> Result<Vec<Witness>, Room> {
    let wanted =
        conditions.into_iter().map(|at| Wanted { what: What::Condition(at), steps: None, best: None });
    let Some(mut pass) = Pass::new(program, seen, wanted.collect(), None)? else { return Ok(Vec::new()) };
    let best = pass.run(control)?.into_iter().filter_map(|(what, steps, picks)| match what {
        What::Condition(condition) => Some(Witness { condition, steps: u64::from(steps), picks, best: true }),
        What::Finding(_) => None,
    });
    Ok(best.collect())
}

/// What a schedule may lead to.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
enum What {
    /// The finding with this name.
    Finding(String),
    /// A state where this condition is true.
    Condition(usize),
}

/// Something that a schedule is looked for.
struct Wanted {
    what: What,
    /// How long the shortest are, as soon as that is known.
    steps: Option<u32>,
    /// The best ending so far.
    best: Option<Ending>,
}

impl Wanted {
    /// A schedule ends in it.
    fn ends(&mut self, ending: Ending) {
        if self.steps == Some(ending.steps) && self.best.is_none_or(|best| ending < best) {
            self.best = Some(ending);
        }
    }
}

/// A way to a node: a step from a node of the layer above.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Way {
    switches: u32,
    /// The rank of the parent's picks among those of its layer.
    rank: u32,
    task: TaskId,
    /// The how manieth combination of answers.
    choice: u32,
    parent: u32,
}

/// How a schedule ends; the less, the better.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Ending {
    steps: u32,
    /// The last step; of a finding in a final state without one: the way to that state again.
    way: Way,
}

#[derive(Clone, Copy, Debug)]
struct Node {
    state: u32,
    rank: u32,
    way: Way,
}

#[derive(Debug, Default)]
struct Layer {
    cells: Vec<u32>,
    states: Index,
    nodes: Vec<Node>,
    numbers: Index,
}

struct Pass<'a, 'p> {
    world: World<'p>,
    start: Vec<u32>,
    checks: bool,
    seen: &'a Searched,
    wanted: Vec<Wanted>,
    livelock: Option<&'a Livelock>,
    /// The findings that count, if not all.
    only: Option<&'a Only>,
    /// The nodes of the layers that are done.
    layers: Vec<Vec<Node>>,
}

const NOBODY: TaskId = TaskId::MAX;

impl<'a, 'p> Pass<'a, 'p> {
    /// Boots. `None`: something is wrong before the first step.
    fn new(
        program: &'p Program,
        seen: &'a Searched,
        wanted: Vec<Wanted>,
        livelock: Option<&'a Livelock>,
    ) -> Result<Option<Self>, Room> {
        let Some(world) = engine::booted(program, &mut ())? else { return Ok(None) };
        Ok(Some(Self {
            wanted,
            livelock,
            only: None,
            checks: engine::has_checks(program),
            layers: Vec::new(),
            start: world.cells().to_vec(),
            world,
            seen,
        }))
    }

    fn counterexamples(&mut self, control: &dyn Control) -> Result<Vec<Counterexample>, Room> {
        let best = self.run(control)?.into_iter().filter_map(|(what, _, picks)| match what {
            What::Finding(name) => Some(Counterexample { name, picks }),
            What::Condition(_) => None,
        });
        Ok(best.collect())
    }

    /// Goes through the layers, and gives what was found with its steps and picks, shortest first.
    fn run(&mut self, control: &dyn Control) -> Result<Vec<(What, u32, Vec<Pick>)>, Room> {
        self.walk(control)?;
        let wanted = mem::take(&mut self.wanted);
        let mut ends: Vec<_> =
            wanted.into_iter().filter_map(|wanted| Some((wanted.best?, wanted.what))).collect();
        ends.sort();
        ends.into_iter()
            .map(|(end, what)| {
                let picks = self.picks(&end, &what)?;
                Ok((what, end.steps, picks))
            })
            .collect()
    }

    fn walk(&mut self, control: &dyn Control) -> Result<(), Room> {
        let root = Way { switches: 0, rank: 0, task: NOBODY, choice: 0, parent: 0 };
        if self.livelock.is_some_and(|livelock| livelock.depth == 0) {
            self.ends(Livelock::NAME, Ending { steps: 0, way: root });
        }
        self.conditions(Ending { steps: 0, way: root });
        let mut layer = Layer { cells: self.start.clone(), ..Layer::default() };
        layer.nodes.push(Node { state: 0, rank: 0, way: root });
        for depth in 0.. {
            let wanted = |wanted: &Wanted| wanted.steps.is_none_or(|steps| depth <= steps);
            if layer.nodes.is_empty() || !self.wanted.iter().any(wanted) {
                break;
            }
            let progress =
                Progress { states: self.seen.states, depth: u64::from(depth), ..Progress::default() };
            if control.poll(&progress).is_some() {
                break;
            }
            let next = self.expand(&layer, depth)?;
            self.layers.push(mem::replace(&mut layer, next).nodes);
        }
        Ok(())
    }

    fn expand(&mut self, layer: &Layer, depth: u32) -> Result<Layer, Room> {
        let stride = self.start.len();
        let mut next = Layer::default();
        let tasks = self.world.program().task_count();
        // Nodes of one state stand together: see `rank`.
        for nodes in layer.nodes.chunk_by(|a, b| a.state == b.state) {
            let first = layer.nodes.partition_point(|node| node.state < nodes[0].state);
            let parent = &layer.cells[nodes[0].state as usize * stride..][..stride];
            self.world.restore(parent);
            let ready: Vec<_> = (0..tasks).filter(|&task| self.world.enabled(task)).collect();
            if ready.is_empty() {
                self.final_state(nodes, depth);
            }
            for task in ready {
                let mut odometer = Odometer::new();
                for choice in 0.. {
                    self.world.restore(parent);
                    let way = best_way(nodes, first, task, choice);
                    self.step((parent, &mut next), depth, way, &mut odometer)?;
                    if !odometer.advance() {
                        break;
                    }
                }
            }
        }
        rank(&mut next);
        Ok(next)
    }

    fn step(
        &mut self,
        (parent, next): (&[u32], &mut Layer),
        depth: u32,
        way: Way,
        odometer: &mut Odometer,
    ) -> Result<(), Room> {
        let result = self.world.step(way.task, odometer, &mut ());
        if let Some(finding) = engine::settle(result, &self.world, self.checks)? {
            let counts = self.only.is_none_or(|only| {
                self.world.restore(parent);
                only.is_of(&self.world, way.task, &finding)
            });
            if counts {
                self.ends(&finding.name, Ending { steps: depth + 1, way });
            }
            return Ok(());
        }
        let fingerprint = self.world.fingerprint();
        if self.seen.table.depth(fingerprint) != Some(depth + 1) {
            return Ok(());
        }
        if self.livelock.is_some_and(|livelock| livelock.entry == fingerprint) {
            self.ends(Livelock::NAME, Ending { steps: depth + 1, way });
        }
        self.conditions(Ending { steps: depth + 1, way });
        let (state, new) = next.states.number(fingerprint);
        if new {
            next.cells.extend_from_slice(self.world.cells());
        }
        let last = u128::from(way.task + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835);
        let (node, new) = next.numbers.number(fingerprint.wrapping_add(last));
        if new {
            next.nodes.push(Node { state, rank: 0, way });
        } else if way < next.nodes[node as usize].way {
            next.nodes[node as usize].way = way;
        }
        Ok(())
    }

    fn final_state(&mut self, nodes: &[Node], depth: u32) {
        if let engine::End::Finding(finding) = engine::ended(&self.world)
            && self.only.is_none_or(|only| only.is_end(&finding))
        {
            for node in nodes {
                self.ends(&finding.name, Ending { steps: depth, way: node.way });
            }
        }
    }

    fn ends(&mut self, name: &str, ending: Ending) {
        for wanted in self.wanted.iter_mut() {
            if matches!(&wanted.what, What::Finding(known) if known == name) {
                wanted.ends(ending);
            }
        }
    }

    /// Looks which conditions are true in the state where the world stands.
    fn conditions(&mut self, ending: Ending) {
        for wanted in self.wanted.iter_mut() {
            if let What::Condition(condition) = wanted.what
                && wanted.steps.is_none_or(|steps| steps == ending.steps)
                && self.world.holds(condition)
            {
                wanted.steps = Some(ending.steps);
                wanted.ends(ending);
            }
        }
    }

    /// The picks of a schedule, found by walking it; of a livelock with one round.
    fn picks(&mut self, ending: &Ending, what: &What) -> Result<Vec<Pick>, Room> {
        let mut steps = Vec::new();
        let mut way = ending.way;
        for depth in (0..ending.steps as usize).rev() {
            steps.push((way.task, way.choice));
            way = self.layers[depth][way.parent as usize].way;
        }
        steps.reverse();
        let goes_round = matches!(what, What::Finding(name) if name == Livelock::NAME);
        if let Some(livelock) = self.livelock.filter(|_| goes_round) {
            steps.extend(&livelock.round);
        }
        self.world.restore(&self.start);
        let mut picks = Vec::new();
        for (task, choice) in steps {
            let tasks = self.world.program().task_count();
            if (0..tasks).filter(|&task| self.world.enabled(task)).nth(1).is_some() {
                picks.push(Pick::Task(task));
            }
            let before = self.world.cells().to_vec();
            let mut odometer = Odometer::new();
            for _ in 0..choice {
                let _ = self.world.step(task, &mut odometer, &mut ());
                odometer.advance();
                self.world.restore(&before);
            }
            let _ = self.world.step(task, &mut odometer, &mut ());
            picks.extend(odometer.answers());
        }
        Ok(picks)
    }
}

/// The best of the ways on from the nodes of one state.
fn best_way(nodes: &[Node], first: usize, task: TaskId, choice: u32) -> Way {
    let ways = (first..).zip(nodes).map(|(parent, node)| {
        let last = node.way.task;
        Way {
            switches: node.way.switches + u32::from(last != task && last != NOBODY),
            rank: node.rank,
            task,
            choice,
            parent: u32::try_from(parent).expect("fewer nodes than 2^32"),
        }
    });
    ways.min().expect("a state has a node")
}

/// Ranks the nodes by their picks, and puts those of one state together.
fn rank(layer: &mut Layer) {
    let mut order: Vec<_> = (0..layer.nodes.len()).collect();
    order.sort_unstable_by_key(|&at| {
        let way = layer.nodes[at].way;
        (way.rank, way.task, way.choice)
    });
    for (rank, at) in (0..).zip(order) {
        layer.nodes[at].rank = rank;
    }
    layer.nodes.sort_unstable_by_key(|node| (node.state, node.rank));
}

#[cfg(test)]
mod tests;
