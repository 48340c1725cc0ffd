//! What can still come of a run that was followed as far as it fits: all states from there on.

use crate::engine::{Bounds, Follow, Halt, Reached};
use crate::limit::{Control, Limit, Limits, Progress};
use crate::pick::{Pick, Scheduler};
use crate::question::{Loaded, Rejected};
use crate::reduce::Reductions;
use crate::room::{Unrun, with_room};
use crate::sample::Player;
use crate::search::{How, search_from, ways_from};
use model::machine::{Event, Room, TaskId, Watch, World};

/// What is reachable.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Onward {
    /// Steps that were followed; the search is of what lies behind them.
    pub followed: u64,
    /// States that were searched.
    pub states: u64,
    /// Steps from one of them.
    pub transitions: u64,
    /// States in which nothing can go on and all is well.
    pub finals: u64,
    /// All of those together, by their names.
    pub final_fingerprint: u64,
    /// What cut it short.
    pub limit: Option<Limit>,
    /// Each `sometimes`: its expression, and whether it is true in one of them.
    pub sometimes: Vec<(String, bool)>,
    /// The whole schedule to each finding: what was followed, and then a way, which need not be a shortest one.
    pub found: Vec<Vec<Pick>>,
    /// The names of all that can be found.
    pub names: Vec<String>,
}

/// Searches all states behind so many steps of a run, which may be untimed or by the agenda; from there on nobody keeps to
/// the agenda.
///
/// # Errors
/// If the text cannot be used.
pub fn onward<S: Scheduler>(
    loaded: &Loaded,
    scheduler: impl Fn() -> S,
    timed: bool,
    steps: u64,
    limits: &Limits,
    control: &dyn Control,
) -> Result<Onward, Box<Rejected>> {
    let mut room = Room::default();
    let onward = with_room(loaded, &mut room, |program| {
        let mut scheduler = scheduler();
        scheduler.begin(0);
        let mut player = Player::new(program, timed, &mut ())?;
        let bounds = Bounds { max_steps: steps, control, progress: Progress::default() };
        let mut taken = Taken(0);
        let ran = player.run(&mut scheduler, &bounds, &mut Reached::default(), &mut taken);
        let followed = ran.map_err(Halt::Room)?.steps;
        let cells = player.world().cells().to_vec();
        let mut reached = Reached::new(program);
        let how = How::default();
        let (searched, _) =
            search_from(program, &cells, Reductions::ALL, &how, limits, &mut reached, control)?;
        let names: Vec<_> = searched.found.iter().map(|found| found.finding.name.clone()).collect();
        let ways = ways_from(program, &cells, &names, Reductions::ALL, limits, control)?;
        let taken = &player.journal()[..taken.0];
        let whole = |picks: Vec<Pick>| taken.iter().copied().chain(picks).collect();
        let conditions = reached.met(program).map(|at| (at, true));
        let conditions = conditions.chain(reached.missing().iter().map(|&at| (at, false)));
        let mut sometimes: Vec<_> = conditions.collect();
        sometimes.sort_unstable();
        let text = |(at, met): (usize, bool)| (program.conditions[at].text.clone(), met);
        Ok(Onward {
            followed,
            states: searched.states,
            transitions: searched.transitions,
            finals: searched.finals,
            final_fingerprint: searched.final_fingerprint,
            limit: searched.limit,
            sometimes: sometimes.into_iter().map(text).collect(),
            found: ways.into_iter().map(|way| whole(way.picks)).collect(),
            names,
        })
    });
    match onward {
        Ok(onward) => Ok(onward),
        Err(Unrun::Rejected(rejected)) => Err(rejected),
        Err(Unrun::Boot(finding, _)) => Ok(Onward { names: vec![finding.name], ..Onward::default() }),
    }
}

/// How many picks the steps took that were followed: of the next one, who takes it may have been picked, too.
struct Taken(usize);

impl Watch for Taken {
    fn event(&mut self, _: &World<'_>, _: TaskId, _: u32, _: Event) {}
}

impl Follow for Taken {
    fn ends(&mut self, _: &World<'_>, _: TaskId, picks: usize) -> bool {
        self.0 = picks;
        true
    }
}
