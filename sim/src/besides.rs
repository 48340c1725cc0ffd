//! What may be asked besides the verdict: how schedules end, how each `sometimes` is reached, which lines ran, and what
//! sampling has not seen.
//!
//! Each is a look of its own at what exploring has looked at, taken only when it is asked for: so it costs a search
//! nothing that nobody asks, and sees every step, whatever the search leaves out.

use crate::ask::{Mode, Plan};
use crate::counterexample;
use crate::coverage::{Ran, Sheet};
use crate::engine::{End, Follow, Halt, Reached};
use crate::limit::{Control, ENDLESS_EXECUTIONS, Limits, Progress};
use crate::outcome::{self, Endings, Outcomes};
use crate::pick::Pick;
use crate::question::Loaded;
use crate::room::{Unrun, with_room};
use crate::sample::{Audience, Sampling, Tally, sample};
use crate::search::search;
use crate::successors::Successors;
use crate::table::Index;
use crate::unseen::{Sightings, Unseen};
use crate::witness::{self, Spotter, Witness};
use model::machine::code::Pc;
use model::machine::{Event, Program, Room, TaskId, Watch, World};

/// What is asked besides the verdict.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Besides {
    /// How many schedules end how.
    pub outcomes: bool,
    /// The shortest schedule to each `sometimes`.
    pub witnesses: bool,
    /// What ran of the texts.
    pub coverage: bool,
    /// What sampled executions have not seen.
    pub estimate: bool,
}

/// What came of it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Told {
    /// How many schedules end how.
    pub outcomes: Option<Outcomes>,
    /// A schedule to each `sometimes` that was reached: the shortest, as far as the search has come; then the shortest
    /// that was sampled.
    pub witnesses: Option<Vec<Witness>>,
    /// What ran of the texts.
    pub coverage: Option<Sheet>,
    /// Was every step of every state taken for that?
    pub all_ran: bool,
    /// What sampled executions have not seen.
    pub unseen: Option<Unseen>,
}

/// Looks for all that a plan asks besides. `searched`: were all states of the question searched?
///
/// # Errors
/// If the question cannot be compiled or booted.
pub fn look(
    loaded: &Loaded,
    room: &mut Room,
    plan: &Plan,
    searched: bool,
    control: &dyn Control,
) -> Result<Told, Unrun> {
    let wanted = plan.besides;
    let searching = matches!(plan.mode, Mode::Default | Mode::Exhaustive);
    let mut told = Told::default();
    let (mut ran, mut spotter, mut found) = (None, None, Vec::new());
    with_room(loaded, room, |program| {
        if wanted.outcomes && searched {
            told.outcomes = outcome::count(program, &plan.limits, control).map_err(Halt::Room)?;
        }
        if wanted.witnesses {
            let mut whole = false;
            if searching {
                let mut reached = Reached::new(program);
                let seen = search(program, &plan.limits, &mut reached, control)?;
                whole = seen.limit.is_none();
                found = counterexample::witnesses(program, &seen, reached.met(program), control)
                    .map_err(Halt::Room)?;
            }
            if !whole && matches!(plan.mode, Mode::Default | Mode::Sampled) {
                let missing = |at: &usize| found.iter().all(|found| found.condition != *at);
                let all = Reached::new(program);
                spotter = Some(Spotter::new(all.missing().iter().copied().filter(missing)));
            }
        }
        if wanted.coverage {
            let ran = ran.get_or_insert_with(|| Ran::new(program));
            if searching {
                told.all_ran = walk(program, &plan.limits, ran, control).map_err(Halt::Room)?;
            }
        }
        Ok(())
    })?;
    let mut listeners = Listeners {
        endings: (wanted.outcomes && told.outcomes.is_none() && plan.mode != Mode::Exhaustive)
            .then(Endings::default),
        ran,
        sightings: wanted.estimate.then(Sightings::default),
        spotter,
    };
    let more = wanted.coverage && !told.all_ran && plan.mode != Mode::Exhaustive;
    if (listeners.endings.is_some() || listeners.sightings.is_some() || listeners.spotter.is_some() || more)
        && let Some(mut scheduler) = plan.scheduler().build(plan.seed)
    {
        let mut tally = Tally::default();
        let timed = plan.mode == Mode::Timed;
        let how = Sampling {
            runs: plan.runs,
            timed,
            max_steps: plan.limits.max_steps,
            endless: if plan.mode == Mode::Default { ENDLESS_EXECUTIONS } else { u64::MAX },
            control,
        };
        with_room(loaded, room, |program| {
            sample(program, &how, &mut *scheduler, &mut tally, &mut Reached::default(), &mut listeners)
        })?;
    }
    told.outcomes = told.outcomes.or_else(|| listeners.endings.as_ref().map(Endings::outcomes));
    found.extend(listeners.spotter.take().map_or_else(Vec::new, Spotter::found));
    if wanted.witnesses {
        told.witnesses = Some(witness::play(loaded, room, &found)?);
    }
    told.unseen = listeners.sightings.as_ref().map(Sightings::estimate);
    if let Some(ran) = &listeners.ran {
        with_room(loaded, room, |program| {
            told.coverage = Some(Sheet::new(program, ran));
            Ok(())
        })?;
    }
    Ok(told)
}

/// How often the control is asked, in states.
const POLL: usize = 4096;
/// Bytes of a state in the table that it is looked up in.
const BYTES_A_STATE: u64 = 64;

/// Takes every step of every state. False: a limit was met.
fn walk(program: &Program, limits: &Limits, ran: &mut Ran, control: &dyn Control) -> Result<bool, Room> {
    let Some(mut successors) = Successors::boot(program, ran)? else { return Ok(true) };
    let stride = successors.world().cells().len();
    let mut seen = Index::default();
    seen.number(successors.world().fingerprint());
    let (mut layer, mut next) = (Vec::new(), successors.world().cells().to_vec());
    let (mut states, mut walked, mut all) = (1, 0, true);
    while !next.is_empty() {
        std::mem::swap(&mut layer, &mut next);
        next.clear();
        for parent in layer.chunks_exact(stride) {
            successors.each(parent, ran, |world, taken| {
                if taken.finding.is_none() && seen.number(taken.fingerprint).1 {
                    all = all && states < limits.max_states;
                    if all {
                        next.extend_from_slice(world.cells());
                        states += 1;
                    }
                }
                true
            })?;
            walked += 1;
            let progress = Progress { states, ..Progress::default() };
            let bytes = (next.len() * size_of::<u32>()) as u64 + states * BYTES_A_STATE;
            if bytes > limits.max_memory || (walked % POLL == 0 && control.poll(&progress).is_some()) {
                return Ok(false);
            }
        }
    }
    Ok(all)
}

/// All that listen to sampled executions.
struct Listeners {
    endings: Option<Endings>,
    ran: Option<Ran>,
    sightings: Option<Sightings>,
    spotter: Option<Spotter>,
}

impl Watch for Listeners {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: Pc, _: Event) {}

    fn runs(&mut self, pc: Pc) {
        if let Some(ran) = &mut self.ran {
            ran.runs(pc);
        }
    }

    fn fails(&mut self, site: u16) {
        if let Some(ran) = &mut self.ran {
            ran.fails(site);
        }
    }

    fn went(&mut self, pc: Pc, to: Pc) {
        if let Some(ran) = &mut self.ran {
            ran.went(pc, to);
        }
    }
}

impl Follow for Listeners {
    fn begins(&mut self, world: &World<'_>, _: TaskId) {
        if let Some(sightings) = &mut self.sightings {
            sightings.look(world);
        }
        if let Some(spotter) = &mut self.spotter {
            spotter.begins(world);
        }
    }

    fn ends(&mut self, world: &World<'_>, _: TaskId, picks: usize) -> bool {
        if let Some(spotter) = &mut self.spotter {
            spotter.ends(world, picks);
        }
        true
    }
}

impl Audience for Listeners {
    fn begin(&mut self) {
        if let Some(spotter) = &mut self.spotter {
            spotter.begin();
        }
    }

    fn over(&mut self, world: &World<'_>, end: &End, picks: &[Pick]) {
        if let Some(spotter) = &mut self.spotter {
            spotter.over(end, picks);
        }
        if let Some(sightings) = &mut self.sightings {
            // A finding may come inside a step, which then has led to no state.
            if *end == End::Complete {
                sightings.look(world);
            }
            sightings.over();
        }
        if let Some(endings) = &mut self.endings {
            endings.over(world, end);
        }
    }
}
