//! The picks of a recorded schedule as far as they fit, for a world that is not the recorded one any more.
//!
//! Who is next: picks are passed over up to the first that fits; when there are none left, who ran last goes on, or else the
//! first that can. What happens inside a step: the pick that comes next, if it is one and fits, and otherwise nothing bad.

use crate::enabled::Tasks;
use crate::pick::{Pick, Point, Scene, Scheduler, Wants};
use model::machine::TaskId;

/// Gives back recorded picks where they fit.
#[derive(Clone, Debug)]
pub struct Lenient {
    picks: Vec<Pick>,
    timed: bool,
    /// Do the picks say who took every step, also where there was no choice?
    spelled_out: bool,
    next: usize,
    /// Was somebody asked who takes the step?
    asked: bool,
    last: Option<TaskId>,
    fit: Fit,
    /// How many points were settled so far.
    settled: usize,
    /// How many there were when the last pick was used up.
    used_up: Option<usize>,
}

/// How well the picks fitted.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub struct Fit {
    /// Picks that were made.
    pub made: usize,
    /// Picks that were passed over.
    pub skipped: usize,
    /// Points for which there was none.
    pub filled: usize,
}

impl Fit {
    /// Was it as if nothing had changed?
    #[must_use]
    pub const fn is_whole(&self) -> bool {
        self.skipped == 0 && self.filled == 0
    }
}

impl Lenient {
    /// Of a schedule, which says who is next where there is a choice. `timed`: by the agenda.
    #[must_use]
    pub fn new(picks: Vec<Pick>, timed: bool) -> Self {
        Self {
            picks,
            timed,
            spelled_out: false,
            next: 0,
            asked: false,
            last: None,
            fit: Fit::default(),
            settled: 0,
            used_up: None,
        }
    }

    /// Of picks that say who took each step, and then what happened in it. Untimed.
    #[must_use]
    pub fn spelled_out(picks: Vec<Pick>) -> Self {
        Self { spelled_out: true, ..Self::new(picks, false) }
    }

    /// How well they fitted. What nobody has asked for was passed over.
    #[must_use]
    pub fn fit(&self) -> Fit {
        let left = self.picks[self.next..].iter().filter(|pick| !self.passes(**pick)).count();
        Fit { skipped: self.fit.skipped + left, ..self.fit }
    }

    /// How many points were settled when the last pick was used up: from there on the run goes on by itself. None: it was not
    /// used up.
    #[must_use]
    pub const fn used_up(&self) -> Option<usize> {
        self.used_up
    }

    fn look(&mut self) {
        if self.used_up.is_none() && self.peek().is_none() {
            self.used_up = Some(self.settled);
        }
    }

    /// Says nothing in a run of this kind.
    const fn passes(&self, pick: Pick) -> bool {
        match pick {
            Pick::Duration(_) => !self.timed,
            Pick::Task(_) => self.timed,
            _ => false,
        }
    }

    /// The next pick that says something.
    fn peek(&mut self) -> Option<Pick> {
        while self.picks.get(self.next).is_some_and(|&pick| self.passes(pick)) {
            self.next += 1;
        }
        self.picks.get(self.next).copied()
    }

    fn take(&mut self, pick: Pick) -> Pick {
        self.next += 1;
        self.fit.made += 1;
        pick
    }

    fn who(&mut self, tasks: Tasks<'_>) -> Pick {
        while let Some(pick) = self.peek() {
            if matches!(pick, Pick::Task(task) if tasks.contains(task)) {
                return self.take(pick);
            }
            self.next += 1;
            self.fit.skipped += 1;
        }
        self.fit.filled += 1;
        let last = self.last.filter(|&last| tasks.contains(last));
        last.or_else(|| tasks.iter().next()).map_or(Pick::Stop, Pick::Task)
    }

    /// The next pick if it is of this kind and fits; or else that.
    fn inside(&mut self, point: &Point<'_>, otherwise: Pick) -> Pick {
        let pick = self.peek();
        let same_kind = matches!(
            (pick, otherwise),
            (Some(Pick::Answer(_)), Pick::Answer(_)) | (Some(Pick::Duration(_)), Pick::Duration(_))
        );
        match pick {
            Some(pick) if same_kind && point.allows(pick) => self.take(pick),
            _ => {
                self.next += usize::from(same_kind);
                self.fit.skipped += usize::from(same_kind);
                self.fit.filled += 1;
                otherwise
            }
        }
    }
}

impl Scheduler for Lenient {
    fn begin(&mut self, execution: u64) -> bool {
        self.next = 0;
        self.asked = false;
        self.last = None;
        self.fit = Fit::default();
        (self.settled, self.used_up) = (0, None);
        self.look();
        execution == 0
    }

    fn pick(&mut self, point: &Point<'_>) -> Pick {
        let pick = match *point {
            Point::Who(tasks) => {
                self.asked = true;
                self.who(tasks)
            }
            Point::Answer { .. } => self.inside(point, Pick::Answer(0)),
            Point::Duration { lo, .. } => self.inside(point, Pick::Duration(lo)),
        };
        self.settled += 1;
        self.look();
        pick
    }

    fn wants(&self) -> Wants {
        // Who ran last is known from the steps alone.
        Wants::SCENES
    }

    fn step(&mut self, _: &Scene<'_>, task: TaskId) {
        if self.spelled_out && !self.asked {
            // What the step before did not ask for is not this one's.
            while matches!(self.peek(), Some(Pick::Answer(_))) {
                self.next += 1;
                self.fit.skipped += 1;
            }
            if self.peek() == Some(Pick::Task(task)) {
                self.take(Pick::Task(task));
            }
        }
        self.asked = false;
        self.last = Some(task);
        self.look();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::pick::Pick::{Answer, Duration, Task};
    use model::machine::Chance;

    const MAY: Point<'_> = Point::Answer { chance: Chance::May(0), options: 2 };

    fn who(bits: u64) -> Point<'static> {
        Point::Who(Tasks::from_bits(bits))
    }

    #[test]
    fn what_fits_is_made_and_what_does_not_is_passed_over() {
        let mut lenient =
            Lenient::new(vec![Task(0), Answer(1), Task(2), Task(1), Duration(7), Answer(5)], false);
        let picks = [
            (who(0b11), Task(0)),
            (MAY, Answer(1)),
            // There is no task 2 to choose here.
            (who(0b11), Task(1)),
            // No such answer.
            (MAY, Answer(0)),
            (MAY, Answer(0)),
            (who(0b110), Task(1)),
        ];
        for (at, (point, want)) in picks.into_iter().enumerate() {
            assert_eq!(lenient.used_up(), (at > 3).then_some(4), "before {at}");
            assert_eq!(lenient.pick(&point), want, "{point:?}");
        }
        assert_eq!(lenient.fit(), Fit { made: 3, skipped: 2, filled: 3 });
    }

    /// A fault that is new is answered with nothing bad, and costs no pick.
    #[test]
    fn what_is_new_takes_no_pick() {
        let mut lenient = Lenient::new(vec![Task(1), Answer(1)], false);
        assert_eq!(lenient.pick(&MAY), Answer(0));
        assert_eq!(lenient.pick(&who(0b11)), Task(1));
        assert_eq!(lenient.pick(&MAY), Answer(1));
        assert_eq!(lenient.fit(), Fit { made: 2, skipped: 0, filled: 1 });
    }

    #[test]
    fn steps_without_a_choice_are_spelled_out_too() {
        let mut lenient = Lenient::spelled_out(vec![Task(0), Task(0), Answer(1), Task(1)]);
        let forced = Scene::of(Tasks::from_bits(1), 0);
        lenient.step(&forced, 0);
        lenient.step(&forced, 3);
        assert_eq!(lenient.pick(&who(0b11)), Task(0));
        lenient.step(&forced, 0);
        lenient.step(&forced, 1);
        assert_eq!(lenient.pick(&MAY), Answer(0));
        assert_eq!(lenient.fit(), Fit { made: 3, skipped: 1, filled: 1 });
    }

    #[test]
    fn by_the_agenda_only_durations_count() {
        let mut lenient = Lenient::new(vec![Duration(5), Task(1), Duration(50)], true);
        let lasts = Point::Duration { lo: 3, hi: 9 };
        assert_eq!(lenient.pick(&lasts), Duration(5));
        assert_eq!(lenient.pick(&lasts), Duration(3));
        assert_eq!(lenient.fit(), Fit { made: 1, skipped: 1, filled: 1 });
    }
}
