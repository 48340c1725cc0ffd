//! A recording as something to be followed: which event may come next, and whether what was heard is it.
//!
//! Events come in the order of the recording, but for three kinds: where a function's return, a namespace's creation and a remark
//! fall among the events of other tasks differs from run to run, so they have their place among those of their own task only.

use super::heard::Heard;
use super::note;
use super::recording::{Entered, Event, Gate, Recording, What};

/// How far one has come.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Position {
    /// Of each task of the recording, how many of its events were taken.
    taken: Vec<u32>,
    /// How many of those whose order counts.
    ordered: u32,
    /// What the recorded ids are more than ours.
    ids: Option<i64>,
    /// Is the script over?
    pub over: bool,
}

impl Position {
    /// As words, for a fingerprint.
    pub fn words(&self) -> impl Iterator<Item = u32> {
        let ids = self.ids.map_or([0, 0], |ids| [1, u32::try_from(ids.rem_euclid(1 << 32)).unwrap_or(0)]);
        self.taken.iter().copied().chain(ids).chain([u32::from(self.over)])
    }
}

/// A recording, task by task.
#[derive(Clone, Debug)]
pub struct Track<'r> {
    recording: &'r Recording,
    tasks: Vec<&'r str>,
    /// The events of each task.
    lanes: Vec<Vec<usize>>,
    /// Of each event, how many before it come in order.
    rank: Vec<u32>,
}

impl<'r> Track<'r> {
    /// The track of a recording.
    #[must_use]
    pub fn new(recording: &'r Recording) -> Self {
        let mut track = Self { recording, tasks: Vec::new(), lanes: Vec::new(), rank: Vec::new() };
        let mut ordered = 0;
        for (at, event) in recording.events.iter().enumerate() {
            let lane = track.lane(&event.task).unwrap_or_else(|| {
                track.tasks.push(&event.task);
                track.lanes.push(Vec::new());
                track.tasks.len() - 1
            });
            track.lanes[lane].push(at);
            track.rank.push(ordered);
            ordered += u32::from(event.what.is_ordered());
        }
        track
    }

    fn lane(&self, task: &str) -> Option<usize> {
        self.tasks.iter().position(|known| *known == task)
    }

    /// Where one begins.
    #[must_use]
    pub fn start(&self) -> Position {
        Position { taken: vec![0; self.lanes.len()], ..Position::default() }
    }

    fn next_in(&self, position: &Position, lane: usize) -> Option<usize> {
        self.lanes[lane].get(position.taken[lane] as usize).copied()
    }

    /// The next event of a task; the number of all events if there is none.
    #[must_use]
    pub fn next(&self, position: &Position, task: &str) -> usize {
        let next = self.lane(task).and_then(|lane| self.next_in(position, lane));
        next.unwrap_or(self.recording.events.len())
    }

    /// The first event that was not taken; the number of all events if all were.
    #[must_use]
    pub fn first_open(&self, position: &Position) -> usize {
        let open = (0..self.lanes.len()).filter_map(|lane| self.next_in(position, lane));
        open.min().unwrap_or(self.recording.events.len())
    }

    /// Has everything happened that was recorded, and nothing else that the script waits for?
    #[must_use]
    pub fn is_end(&self, position: &Position) -> bool {
        position.over && self.first_open(position) == self.recording.events.len()
    }

    /// Takes what was heard of a task.
    ///
    /// # Errors
    /// If it is not what was recorded: the event that it should have been.
    pub fn take(&self, position: &mut Position, task: &str, heard: &Heard) -> Result<(), usize> {
        let taken = match heard {
            Heard::Over => {
                position.over = true;
                true
            }
            Heard::Slot(mark) => {
                return match self.last(position, task) {
                    Some((at, What::Callback(entered))) if !slot_fits(entered, *mark) => Err(at),
                    _ => Ok(()),
                };
            }
            Heard::Gone(what) | Heard::OpenGate(what) => {
                self.take_if(position, task, |ids, expected, last| fits(ids, expected, what, last));
                true
            }
            Heard::Said(what @ What::GatePass(gate)) => {
                // Of a gate that stood open, the probe may have said nothing.
                let waited = self.last(position, task);
                let waited = waited.is_some_and(
                    |(_, last)| matches!(last, What::GateWait(before) if before.ops == gate.ops),
                );
                !waited || self.take_if(position, task, |ids, expected, last| fits(ids, expected, what, last))
            }
            Heard::Said(what) => {
                self.take_if(position, task, |ids, expected, last| fits(ids, expected, what, last))
            }
            Heard::Settled { listed, alive } => self.take_if(position, task, |_, expected, _| {
                matches!(expected, What::Settled { live } if live == listed || live == alive)
            }),
            Heard::Noted(line, stands) => {
                let command = &self.recording.input[line - 1].command;
                self.take_if(position, task, |_, expected, _| {
                    matches!(expected, What::Note { text } if *stands && note::fits(command, text))
                })
            }
        };
        if taken { Ok(()) } else { Err(self.first_open(position)) }
    }

    /// The task of an event, if there is one.
    #[must_use]
    pub fn task_of(&self, event: usize) -> Option<&'r str> {
        self.recording.events.get(event).map(|event| event.task.as_str())
    }

    /// What was heard of a task, in words and in more words, which tell it from what was recorded.
    #[must_use]
    pub fn text(&self, position: &Position, task: &str, heard: &Heard) -> (String, String) {
        let ids = position.ids.unwrap_or(0);
        let ours = |id: Option<i64>| id.map(|id| if id > 0 { id + ids } else { id });
        let what = match heard {
            Heard::Said(What::Callback(entered)) => {
                What::Callback(Entered { id: ours(entered.id), ..entered.clone() })
            }
            Heard::Said(What::Ret { call, ops, ret, id }) => {
                What::Ret { call: call.clone(), ops: ops.clone(), ret: *ret, id: ours(*id) }
            }
            Heard::Said(what) | Heard::Gone(what) | Heard::OpenGate(what) => what.clone(),
            Heard::Noted(line, _) => What::Note { text: note::text(&self.recording.input[line - 1].command) },
            Heard::Settled { listed, .. } => What::Settled { live: *listed },
            Heard::Slot(mark) => {
                let found = if *mark == 0 { "zero" } else { "kept" };
                let text = self.last(position, task).map_or(String::new(), |(_, last)| last.to_string());
                let more = format!("{text}, slot {found}");
                return (text, more);
            }
            Heard::Over => return ("the end of the script".to_string(), "the end of the script".to_string()),
        };
        (what.to_string(), what.detailed())
    }

    /// An event, in words and in more words.
    #[must_use]
    pub fn recorded(&self, event: usize) -> Option<(String, String)> {
        let Event { task, what, .. } = self.recording.events.get(event)?;
        Some((format!("{task}: {what}"), format!("{task}: {}", what.detailed())))
    }

    /// The last event of a task that was taken.
    fn last(&self, position: &Position, task: &str) -> Option<(usize, &'r What)> {
        let lane = self.lane(task)?;
        let at = *self.lanes[lane].get((position.taken[lane] as usize).checked_sub(1)?)?;
        Some((at, &self.recording.events[at].what))
    }

    /// Takes the next event of a task if it may come now and is the right one.
    fn take_if(
        &self,
        position: &mut Position,
        task: &str,
        is_it: impl Fn(&mut Option<i64>, &What, Option<&What>) -> bool,
    ) -> bool {
        let Some(lane) = self.lane(task) else { return false };
        let Some(at) = self.next_in(position, lane) else { return false };
        let expected = &self.recording.events[at].what;
        let ordered = expected.is_ordered();
        if ordered && self.rank[at] != position.ordered {
            return false;
        }
        let last = self.last(position, task).map(|(_, last)| last);
        let mut ids = position.ids;
        if !is_it(&mut ids, expected, last) {
            return false;
        }
        position.ids = ids;
        position.taken[lane] += 1;
        position.ordered += u32::from(ordered);
        true
    }
}

/// Is what was heard what was recorded? `last`: what the task said last.
fn fits(ids: &mut Option<i64>, expected: &What, heard: &What, last: Option<&What>) -> bool {
    match (expected, heard) {
        (What::Callback(expected), What::Callback(heard)) => entered_fits(ids, expected, heard),
        (What::Call { cmd }, What::Call { cmd: heard }) => {
            cmd.split_whitespace().eq(heard.split_whitespace())
        }
        (What::Ret { call, ops, ret, id }, What::Ret { call: call2, ops: ops2, ret: ret2, id: id2 }) => {
            call == call2 && ops == ops2 && ret == ret2 && id_fits(ids, *id, *id2)
        }
        (What::GateWait(expected), What::GateWait(heard))
        | (What::GatePass(expected), What::GatePass(heard)) => gate_fits(expected, heard, last),
        _ => expected == heard,
    }
}

fn entered_fits(ids: &mut Option<i64>, expected: &Entered, heard: &Entered) -> bool {
    let same = |expected: Option<i64>, heard: Option<i64>| expected.is_none() || expected == heard;
    expected.phase == heard.phase
        && expected.ops == heard.ops
        && expected.nets == heard.nets
        && same(expected.registration, heard.registration)
        && same(expected.n, heard.n)
        && same(expected.ret, heard.ret)
        && (expected.data.is_none() || heard.data.is_some())
        // How many slots there are is the kernel's own affair, but the ops' own is among them.
        && expected.genlen.is_none_or(|len| expected.id.is_none_or(|id| id < len))
        && id_fits(ids, expected.id, heard.id)
}

/// Ids count from the first that was recorded: the kernel's own ops hold some. 0 is none.
fn id_fits(ids: &mut Option<i64>, expected: Option<i64>, heard: Option<i64>) -> bool {
    match (expected, heard) {
        (None, _) => true,
        (Some(_), None) => false,
        (Some(0), Some(heard)) => heard == 0,
        (Some(_), Some(0)) => false,
        (Some(expected), Some(heard)) => *ids.get_or_insert(expected - heard) == expected - heard,
    }
}

fn gate_fits(expected: &Gate, heard: &Gate, last: Option<&What>) -> bool {
    let on = match last {
        Some(What::Callback(entered)) => {
            expected.net.is_none_or(|net| entered.phase.is_batch() || entered.nets == [net])
        }
        Some(What::GateWait(before)) => expected.net == before.net,
        _ => true,
    };
    expected.ops == heard.ops && (expected.cb.is_none() || expected.cb == heard.cb) && on
}

fn slot_fits(entered: &Entered, mark: i64) -> bool {
    use super::recording::Phase::Init;
    match entered.data.as_deref() {
        None => true,
        Some("zeroed") => entered.phase == Init && mark == 0,
        Some("zero") => entered.phase != Init && mark == 0,
        Some("kept") => entered.phase != Init && mark == 1,
        Some(_) => false,
    }
}
