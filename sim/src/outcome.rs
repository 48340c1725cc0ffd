//! How schedules end: for each final outcome, how many schedules lead to it, as litmus tests print it.
//!
//! An outcome is what the conditions of the scenario see at the end, or, if there are none, the scenario's own variables,
//! the list of ops and the namespaces. Schedules are counted without walking them: a first pass numbers the states of
//! the plain graph and keeps its edges, a second one adds up, in an order in which every state comes behind all that
//! lead to it, how many ways there are to each. Where a step leads back there is no such order, and no number.

use crate::engine::{self, End};
use crate::limit::{Control, Limits, Progress};
use crate::successors::Successors;
use crate::table::Index;
use model::machine::readings::Reading;
use model::machine::{Program, Room, World};
use std::collections::{BTreeMap, BTreeSet};

/// How an ending is known: what is wrong with it, if something is, and what is seen there.
type Ending = (Option<String>, String);

/// One way in which schedules end.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcome {
    /// What is seen there: `modprobe.error=-ENOMEM unshare.net=unshare#1`. Of a violation only its name counts.
    pub seen: String,
    /// The finding that it ends in.
    pub violated: Option<String>,
    /// So many schedules, or executions; `None`: more than 2^128, or without end.
    pub schedules: Option<u128>,
    /// In so many different states, where a schedule ends in a state: a violation may end inside a step.
    pub states: u64,
}

/// What was counted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Counted {
    /// All schedules.
    Schedules,
    /// Final states only: steps lead back, so there are schedules without end.
    States,
    /// Executions that were sampled: what is not among them may still be there.
    Executions,
}

/// All ways in which schedules end: those where all is well first, by what is seen there.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Outcomes {
    /// What their numbers are.
    pub counted: Counted,
    /// The ways.
    pub rows: Vec<Outcome>,
}

impl Outcomes {
    /// All together; `None`: more than 2^128, or without end.
    #[must_use]
    pub fn total(&self) -> Option<u128> {
        self.rows.iter().try_fold(0u128, |sum, row| sum.checked_add(row.schedules?))
    }
}

/// Tells the ending of a schedule.
struct Teller {
    readings: Vec<Reading>,
}

impl Teller {
    fn new(world: &World<'_>) -> Self {
        Self { readings: world.readings() }
    }

    /// What is seen in a final state.
    fn seen(&self, world: &World<'_>) -> String {
        if self.readings.is_empty() {
            return everything(world);
        }
        let seen: Vec<_> = self
            .readings
            .iter()
            .map(|reading| format!("{}={}", reading.name, reading.value(world)))
            .collect();
        seen.join(" ")
    }

    fn ending(&self, world: &World<'_>, end: End) -> Ending {
        match end {
            End::Finding(finding) => (Some(finding.name), String::new()),
            _ => (None, self.seen(world)),
        }
    }
}

/// The scenario's variables, the list of ops and the namespaces.
fn everything(world: &World<'_>) -> String {
    let program = world.program();
    let plain = |global: &&model::machine::program::Global| {
        global.scenario && program.place(global.ty) == model::machine::program::Place::Nothing
    };
    let value = |cell: u32| model::machine::Value(world.cells()[cell as usize]);
    let mut parts: Vec<_> = program
        .globals
        .iter()
        .filter(plain)
        .filter(|global| program.arrays.iter().all(|array| array.address != global.address))
        .map(|global| format!("{}={}", global.name, world.describe(value(global.address))))
        .collect();
    let ops: Vec<_> = world.ops_list().into_iter().map(|(name, _)| name).collect();
    parts.push(format!("pernet_list=[{}]", ops.join(" ")));
    parts.extend(world.nets().iter().map(|net| match net.phase {
        "freed" => format!("~{}", net.name),
        "dying" => format!("-{}[{}]", net.name, net.inited.join(" ")),
        "setup" => format!("+{}[{}]", net.name, net.inited.join(" ")),
        _ => format!("{}[{}]", net.name, net.inited.join(" ")),
    }));
    parts.join(" ")
}

/// Counts all schedules of a program. `None`: a limit was met first.
///
/// # Errors
/// With the room that is needed.
pub fn count(program: &Program, limits: &Limits, control: &dyn Control) -> Result<Option<Outcomes>, Room> {
    let Some(successors) = Successors::boot(program, &mut ())? else { return Ok(None) };
    let mut graph = Graph::new(&successors);
    if !graph.explore(successors, limits, control)? {
        return Ok(None);
    }
    Ok(Some(graph.outcomes()))
}

/// The plain state graph, without its states.
struct Graph {
    teller: Teller,
    numbers: Index,
    /// The states that the steps of each state lead to, one state after the other.
    edges: Vec<u32>,
    /// Where the steps of a state begin in `edges`; those of the last one end at its end.
    first: Vec<usize>,
    /// Endings by number, and those that schedules come to: the state, and the ending.
    endings: BTreeMap<Ending, usize>,
    /// In a final state.
    finals: Vec<(u32, usize)>,
    /// In a step.
    broken: Vec<(u32, usize)>,
}

/// How often the control is asked, in states.
const POLL: usize = 4096;

impl Graph {
    fn new(successors: &Successors<'_>) -> Self {
        let mut numbers = Index::default();
        numbers.number(successors.world().fingerprint());
        Self {
            teller: Teller::new(successors.world()),
            numbers,
            edges: Vec::new(),
            first: Vec::new(),
            endings: BTreeMap::new(),
            finals: Vec::new(),
            broken: Vec::new(),
        }
    }

    /// Numbers all states, layer by layer. False: a limit was met.
    fn explore(
        &mut self,
        mut successors: Successors<'_>,
        limits: &Limits,
        control: &dyn Control,
    ) -> Result<bool, Room> {
        let stride = successors.world().cells().len();
        let (mut layer, mut next) = (Vec::new(), successors.world().cells().to_vec());
        let mut known = 1;
        while !next.is_empty() {
            std::mem::swap(&mut layer, &mut next);
            next.clear();
            for parent in layer.chunks_exact(stride) {
                let from = u32::try_from(self.first.len()).expect("fewer states than 2^32");
                self.first.push(self.edges.len());
                let Self { numbers, edges, endings, broken, .. } = self;
                let goes_on = successors.each(parent, &mut (), |world, taken| {
                    if let Some(finding) = taken.finding {
                        broken.push((from, number(endings, (Some(finding.name), String::new()))));
                        return true;
                    }
                    let (to, new) = numbers.number(taken.fingerprint);
                    edges.push(to);
                    if new {
                        next.extend_from_slice(world.cells());
                        known += 1;
                    }
                    true
                })?;
                if !goes_on {
                    let ending = self.teller.ending(successors.world(), engine::ended(successors.world()));
                    self.finals.push((from, number(&mut self.endings, ending)));
                }
                let bytes = (layer.len() + next.len() + self.edges.len()) * size_of::<u32>()
                    + known as usize * BYTES_A_STATE;
                if known > limits.max_states || bytes as u64 > limits.max_memory {
                    return Ok(false);
                }
                if self.first.len().is_multiple_of(POLL) {
                    let progress = Progress { states: known, ..Progress::default() };
                    if control.poll(&progress).is_some() {
                        return Ok(false);
                    }
                }
            }
        }
        Ok(true)
    }

    fn targets(&self, state: usize) -> &[u32] {
        let end = self.first.get(state + 1).copied().unwrap_or(self.edges.len());
        &self.edges[self.first[state]..end]
    }

    /// The number of ways to each state; `None` for each that has too many. `None`: some step leads back.
    fn ways(&self) -> Option<Vec<Option<u128>>> {
        let states = self.first.len();
        let mut waiting = vec![0u32; states];
        for &to in &self.edges {
            waiting[to as usize] += 1;
        }
        let mut ways = vec![Some(0u128); states];
        ways[0] = Some(1);
        let mut ready = if waiting[0] == 0 { vec![0] } else { Vec::new() };
        let mut done = 0;
        while let Some(state) = ready.pop() {
            done += 1;
            let here = ways[state];
            for &to in self.targets(state) {
                let to = to as usize;
                ways[to] = here.zip(ways[to]).and_then(|(a, b)| a.checked_add(b));
                waiting[to] -= 1;
                if waiting[to] == 0 {
                    ready.push(to);
                }
            }
        }
        (done == states).then_some(ways)
    }

    fn outcomes(self) -> Outcomes {
        let ways = self.ways();
        let mut sums = vec![(Some(0u128), 0u64); self.endings.len()];
        let ended = self.finals.iter().map(|end| (end, 1)).chain(self.broken.iter().map(|end| (end, 0)));
        for (&(state, ending), states) in ended {
            let (sum, count) = &mut sums[ending];
            let here = ways.as_ref().and_then(|ways| ways[state as usize]);
            *sum = here.zip(*sum).and_then(|(a, b)| a.checked_add(b));
            *count += states;
        }
        let rows = self.endings.into_iter().map(|((violated, seen), at)| Outcome {
            seen,
            violated,
            schedules: sums[at].0,
            states: sums[at].1,
        });
        Outcomes {
            counted: if ways.is_some() { Counted::Schedules } else { Counted::States },
            rows: rows.collect(),
        }
    }
}

/// Of the tables: a slot of the index at its emptiest, the first edge, what is waited for, and the ways.
const BYTES_A_STATE: usize = 32 * 3 + 8 + 4 + 32;

fn number(endings: &mut BTreeMap<Ending, usize>, ending: Ending) -> usize {
    let next = endings.len();
    *endings.entry(ending).or_insert(next)
}

/// Counts the endings of executions that are sampled.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Endings {
    /// How many there are of each, and in which states.
    seen: BTreeMap<Ending, (u128, BTreeSet<u64>)>,
}

impl Endings {
    /// An execution is over.
    pub fn over(&mut self, world: &World<'_>, end: &End) {
        let state = match end {
            End::Complete => Some(world.canonical()),
            End::Finding(_) => None,
            End::Limit(_) | End::Diverged | End::Stopped => return,
        };
        let ending = Teller::new(world).ending(world, end.clone());
        let (count, states) = self.seen.entry(ending).or_default();
        *count += 1;
        states.extend(state);
    }

    /// What was counted.
    #[must_use]
    pub fn outcomes(&self) -> Outcomes {
        let rows = self.seen.iter().map(|((violated, seen), (count, states))| Outcome {
            seen: seen.clone(),
            violated: violated.clone(),
            schedules: Some(*count),
            states: states.len() as u64,
        });
        Outcomes { counted: Counted::Executions, rows: rows.collect() }
    }
}
