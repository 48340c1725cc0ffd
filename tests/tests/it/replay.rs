//! Replay: any execution, good or bad, timed or not, comes back from its text to the byte, whatever became of the layout of its
//! scenario; a changed text does not pass for the same run, and the first step that differs is named.

mod changed;
mod kept;
mod timed;
mod told;

use crate::binary::{command, done};
use model::lang::lexer::lex;
use model::lang::printer::format;
use model::lang::source::FileId;
use sim::limit::Limits;
use sim::question::Scenario;
use sim::replay::{Replayed, replay};
use sim::replayfile::{Mode, Onto, Recording, Rerun};
use sim::schedule::Schedule;
use std::fs;
use tests::lab::Case;
use tests::runs::{MAX_STEPS, Run, Runs};

/// Nobody asks here whether a violation could have been avoided.
fn limits() -> Limits {
    Limits { max_states: 1, ..Limits::default() }
}

#[track_caller]
fn rerun(recording: &Recording, title: &str) -> Rerun {
    let rerun = recording.repeat(Mode::Strict, None, &limits(), &());
    rerun.unwrap_or_else(|rejected| panic!("{:?}: {title}", rejected.diagnostics))
}

/// A run through its schedule, through its file, and through its token if it has one.
#[track_caller]
fn check(run: &Run) {
    let (executed, title) = (&run.executed, run.title());
    let schedule = Schedule(executed.picks.clone());
    let line = schedule.to_string();
    let read: Schedule = line.parse().expect("a schedule's text can be read");
    assert_eq!((&read, read.to_string()), (&schedule, line), "{title}");
    let room = model::machine::Room::default();
    let again = replay(&run.case.loaded(), &room, &read.0, run.timed, MAX_STEPS);
    assert_same(&again.expect("the text can be used"), executed, &title);

    let recording = run.recording();
    let file = recording.to_text();
    let read = Recording::parse("schedule.txt", &file).expect("a replay file can be read");
    assert_eq!((&read, read.to_text()), (&recording, file.clone()), "{title}");
    let again = rerun(&read, &title);
    assert!(again.changed.is_empty() && again.differs.is_none(), "{title}");
    assert_eq!(again.answer.repeated.as_ref(), Some(&executed.trace), "{title}");
    let violation = again.answer.violations.first();
    assert_eq!(
        violation.map(|found| (&found.name, &found.why)),
        executed.found.as_ref().map(|found| (&found.finding.name, &found.finding.why)),
        "{title}"
    );
    // What was repeated and is saved again gives the same file.
    if let Some(violation) = violation.filter(|_| !run.timed) {
        let saved = Recording::of(&again.answer, violation).expect("it has a schedule");
        assert_eq!(saved.to_text(), file, "{title}");
    }
    if let Ok(token) = recording.token() {
        let read = Recording::from_token(&token).expect("a token can be read");
        assert_eq!(read.token().as_ref(), Ok(&token), "{title}");
        assert_eq!(rerun(&read, &title).answer.repeated, again.answer.repeated, "{title}");
    }
}

#[track_caller]
fn assert_same(one: &Replayed, other: &Replayed, title: &str) {
    // As text it is all of it.
    assert_eq!(format!("{one:?}"), format!("{other:?}"), "{title}");
}

/// The same words in other layouts: as the formatter has them, each on a line of its own, and with remarks everywhere.
fn layouts(text: &str) -> [String; 3] {
    let words: Vec<_> = lex(text, FileId(0)).tokens.iter().map(|token| token.kind.to_string()).collect();
    let remarks: Vec<_> = text.lines().map(|line| format!("{line} // as it is")).collect();
    [format(text).expect("it can be read"), words.join("\n"), remarks.join("\n")]
}

/// A run in other layouts of its scenario: inside its file, and beside it.
#[track_caller]
fn check_layouts(run: &Run) {
    let (recording, title) = (run.recording(), run.title());
    for text in layouts(run.case.scenario.text()) {
        let mut other = recording.clone();
        other.texts[0].text.clone_from(&text);
        let again = rerun(&other, &title);
        assert!(again.changed.is_empty(), "{title}");
        let (trace, executed) = (again.answer.repeated.expect("it was repeated"), &run.executed.trace);
        assert_eq!((&trace.marks, &trace.checks), (&executed.marks, &executed.checks), "{title}");
        let beside = recording.repeat(Mode::Strict, Some(&onto(&run.case, &text)), &limits(), &());
        let beside = beside.unwrap_or_else(|rejected| panic!("{:?}: {title}", rejected.diagnostics));
        assert!(beside.changed.is_empty() && beside.differs.is_none(), "{title}");
        assert_eq!(beside.answer.violations.len(), again.answer.violations.len(), "{title}");
    }
}

/// The question of a case, of another text.
fn onto(case: &Case, text: &str) -> Onto {
    let scenario = Scenario::read(&case.scenario.file, text).expect("it can be read");
    let case = Case { scenario, question: case.question.clone() };
    Onto { loaded: case.loaded(), scenario: case.scenario, question: case.question }
}

/// So many runs, of which some break something; every so manieth also in other layouts.
fn round_trips(count: usize, layouts: usize) {
    let (mut bad, mut timed) = (0, 0);
    for (at, run) in Runs::new().take(count).enumerate() {
        check(&run);
        if at % layouts == 0 {
            check_layouts(&run);
        }
        bad += usize::from(run.executed.found.is_some());
        timed += usize::from(run.timed);
    }
    assert!(
        (count / 5..count * 4 / 5).contains(&bad) && timed > 0,
        "{bad} break something, {timed} are timed"
    );
}

#[test]
fn five_hundred_executions_come_back() {
    round_trips(500, 10);
}

#[test]
#[ignore = "minutes; the longer checks run it"]
fn ten_thousand_executions_come_back() {
    round_trips(10_000, 10);
}

#[test]
fn executions_of_every_shipped_question_come_back() {
    for case in Case::shipped() {
        let times = case.scenario.text().contains("\ntime ");
        Run::of(case.clone(), false, 1).iter().for_each(check);
        (0..if times { 5 } else { 0 })
            .filter_map(|seed| Run::of(case.clone(), true, seed))
            .for_each(|run| check(&run));
    }
}

/// Whatever is recorded is the same for any number of threads.
#[test]
fn recorded_executions_do_not_depend_on_threads() {
    let folder = tempfile::tempdir().expect("a folder");
    let write = |jobs: &str| {
        let args = ["run", "race", "time/slow-exit-holds-the-registry.pernet", "--runs", "3", "--quiet"];
        let mut command = command(folder.path());
        command.args(args).args(["--jobs", jobs, "--record", jobs, "--out", "out"]);
        let done = done(&command.output().expect("the program starts"));
        assert!([0, 3].contains(&done.code), "{}{}", done.out, done.err);
        let mut files: Vec<_> = fs::read_dir(folder.path().join(jobs))
            .expect("a folder")
            .map(|entry| entry.expect("an entry"))
            .map(|entry| (entry.file_name(), fs::read_to_string(entry.path()).expect("a file")))
            .collect();
        files.sort();
        files
    };
    let files = write("1");
    assert!(files.len() > 50, "{} files", files.len());
    assert!(files == write("4"), "four threads record something else than one");
    // All of them come back, and the seed gives them again.
    for (name, text) in files.iter().step_by(7) {
        let recording = Recording::parse("file", text).expect("a replay file can be read");
        rerun(&recording, &name.to_string_lossy());
        assert!(recording.by_seed(&()).is_ok(), "{name:?}");
    }
}

#[test]
fn a_schedule_of_another_scenario_does_not_fit() {
    let run = changed::run();
    let other = Case::new("on rfc2007; ops a; task t { register_pernet_subsys(a); }");
    let room = model::machine::Room::default();
    let replayed = replay(&other.loaded(), &room, &run.executed.picks, false, MAX_STEPS).unwrap();
    assert!(replayed.left > 0 || replayed.divergence.is_some());
}
