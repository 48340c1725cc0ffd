//! A timed run stays one: a smaller world has to fail by the agenda, where durations say who is next.
//!
//! All durations of a world cannot be gone through. So some schedules are drawn, from one seed; where the text leaves nothing to be
//! drawn, one is all that there is.

use super::oracle::{Refuted, Tried};
use super::story::{Run, retrace};
use crate::engine::{Bounds, End, Halt, Reached};
use crate::limit::{Control, Progress};
use crate::only::Only;
use crate::pick::{Pick, Scheduler};
use crate::sample::Player;
use crate::scheduler::{Lenient, Replay, UNIFORM};
use model::machine::Program;

/// How a world is run by the agenda.
#[derive(Clone, Copy)]
pub struct Agenda<'a> {
    /// Which findings count.
    pub only: &'a Only,
    /// Steps of the longest run that counts.
    pub longest: u64,
    /// Steps of one schedule.
    pub max_steps: u64,
    /// Schedules that are drawn.
    pub schedules: u64,
    /// Whoever may end it.
    pub control: &'a dyn Control,
}

impl Agenda<'_> {
    /// Does it fail with these durations and answers?
    ///
    /// # Errors
    /// If the program cannot be booted, or needs more room.
    pub fn repeat(&self, program: &Program, picks: &[Pick]) -> Result<Option<Run>, Halt> {
        let mut player = Player::new(program, true, &mut ())?;
        self.play(program, &mut player, &mut Replay::new(picks.to_vec(), true))
    }

    /// Does it fail in some schedule: in that of a run that did, as far as it fits, or in one that is drawn?
    ///
    /// # Errors
    /// If the program cannot be booted, or needs more room.
    pub fn look(&self, program: &Program, picks: &[Pick]) -> Result<Tried, Halt> {
        let mut player = Player::new(program, true, &mut ())?;
        let mut lenient = Lenient::new(picks.to_vec(), true);
        lenient.begin(0);
        if let Some(run) = self.play(program, &mut player, &mut lenient)? {
            return Ok(Ok(run));
        }
        if is_fixed(player.journal()) {
            return Ok(Err(Refuted::Fixed));
        }
        self.draw(program, &mut player, |_| true)
    }

    /// The best of the runs that are drawn.
    ///
    /// # Errors
    /// If the program cannot be booted, or needs more room.
    pub fn best(&self, program: &Program, run: &Run) -> Result<Run, Halt> {
        let mut player = Player::new(program, true, &mut ())?;
        let mut best = run.clone();
        let better = |next: &Run| {
            if next.rank() < best.rank() {
                best = next.clone();
            }
            false
        };
        self.draw(program, &mut player, better).map(|_| best)
    }

    /// Draws schedules until one fails as is wanted.
    fn draw(
        &self,
        program: &Program,
        player: &mut Player<'_>,
        mut is_wanted: impl FnMut(&Run) -> bool,
    ) -> Result<Tried, Halt> {
        let Some(mut scheduler) = UNIFORM.build(0) else { return Ok(Err(Refuted::Drawn(0))) };
        for execution in 0..self.schedules {
            if let Some(limit) = self.control.poll(&Progress::START) {
                return Ok(Err(Refuted::Halted(limit)));
            }
            if !scheduler.begin(execution) {
                break;
            }
            if let Some(run) = self.play(program, player, &mut *scheduler)?.filter(|run| is_wanted(run)) {
                return Ok(Ok(run));
            }
        }
        Ok(Err(Refuted::Drawn(self.schedules)))
    }

    fn play(
        &self,
        program: &Program,
        player: &mut Player<'_>,
        scheduler: &mut dyn Scheduler,
    ) -> Result<Option<Run>, Halt> {
        let bounds = Bounds { max_steps: self.max_steps, control: self.control, progress: Progress::START };
        let ran = player.run(scheduler, &bounds, &mut Reached::default(), &mut ()).map_err(Halt::Room)?;
        let fails = matches!(&ran.end, End::Finding(finding) if self.only.is_end(finding));
        if !fails || ran.steps > self.longest {
            return Ok(None);
        }
        // Every timed schedule is an untimed one, and there its place is looked at.
        let picks = player.journal().to_vec();
        Ok(retrace(program, self.only, &picks)?.map(|run| Run { picks, ..run }))
    }
}

/// Was there nothing to be drawn?
fn is_fixed(journal: &[Pick]) -> bool {
    journal.iter().all(|pick| matches!(pick, Pick::Task(_)))
}
