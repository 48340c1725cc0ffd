//! From the words of the command line to what they mean, with a numbered diagnostic for each that means nothing.

use super::args::{Ask, Effort, Fuzz, Run, Sitting, campaign};
use crate::ask::{Mode, Plan};
use crate::besides::Besides;
use crate::campaign::manifest::{Options, Reach};
use crate::codes;
use crate::fingerprint;
use crate::fuzz::Rounds;
use crate::fuzz::look;
use crate::limit::Limits;
use crate::question::{Rejected, Values};
use crate::reduce::Reductions;
use crate::scheduler::{Choice, DEFAULT, SCHEDULERS, UNIFORM, find};
use crate::search::{How, Order};
use model::lang::diagnostic::{Code, Diagnostic};
use model::lang::suggest::did_you_mean;
use std::time::Duration;

/// Executions where a search does not suffice.
const RUNS: u64 = 10_000;
/// Executions by the agenda.
const TIMED_RUNS: u64 = 100;
/// Executions of a question in a campaign, and of a shard.
const SHARD_RUNS: u64 = 100_000;
/// Worlds that are drawn where nobody says how long it may take.
const WORLDS: u64 = 1_000;
/// The largest number behind a scheduler's name.
const MOST_NUMBER: u32 = 1_000;

/// All that is wrong with some arguments.
#[derive(Default)]
pub struct Mistakes(Vec<Diagnostic>);

impl Mistakes {
    /// Keeps the value, or the mistake.
    pub fn take<T: Default>(&mut self, result: Result<T, Diagnostic>) -> T {
        result.unwrap_or_else(|mistake| {
            self.0.push(mistake);
            T::default()
        })
    }

    /// How long it may last, if that is said; the number of threads is one.
    pub fn sitting(&mut self, sitting: &Sitting) -> Option<Duration> {
        self.take(sitting.jobs.map_or(Ok(()), |jobs| not_zero("--jobs", jobs as u64)));
        self.take(sitting.max_time.as_deref().map(time).transpose())
    }

    /// `Ok` if there were none.
    pub fn none(self) -> Result<(), Rejected> {
        if self.0.is_empty() { Ok(()) } else { Err(Rejected { diagnostics: self.0, ..Rejected::default() }) }
    }
}

fn mistake(code: Code, message: String, help: impl Into<String>) -> Diagnostic {
    Diagnostic::without_place(code, message).help(help)
}

/// How questions are explored.
///
/// # Errors
/// With all options that mean nothing.
pub fn plan(run: &Run) -> Result<(Plan, Option<Duration>), Rejected> {
    let mut mistakes = Mistakes::default();
    let mode = match (run.timed, run.exhaustive, run.runs) {
        (true, ..) => Mode::Timed,
        (_, true, _) => Mode::Exhaustive,
        (.., Some(_)) => Mode::Sampled,
        _ => Mode::Default,
    };
    for (name, value) in [
        ("--max-states", run.max_states),
        ("--max-steps", run.max_steps),
        ("--max-executions", run.max_executions),
    ] {
        mistakes.take(not_zero(name, value));
    }
    mistakes.take(run.runs.map_or(Ok(()), |runs| not_zero("--runs", runs)));
    if run.record.is_some() && !matches!(mode, Mode::Sampled | Mode::Timed) {
        mistakes.take::<()>(Err(mistake(
            codes::NOTHING_TO_RECORD,
            "`--record` keeps sampled executions, and none are sampled".to_string(),
            "say how many with `--runs N`, or run by the agenda with `--timed`",
        )));
    }
    let scheduler =
        mistakes.take(run.scheduler.as_deref().map(|name| scheduler(name, run.timed)).transpose());
    let plan = Plan {
        mode,
        scheduler,
        seed: mistakes.take(seed(&run.seed)),
        runs: run.runs.unwrap_or(if run.timed { TIMED_RUNS } else { RUNS }),
        traces: run.search == "dpor",
        search: How { order: mistakes.take(order(&run.search)), exact: run.exact, ..How::default() },
        limits: Limits {
            max_states: run.max_states,
            max_steps: run.max_steps,
            max_memory: mistakes.take(size(&run.max_memory)),
            max_executions: run.max_executions,
        },
        reductions: mistakes.take(reductions(&run.reduce)),
        schedules: true,
        besides: Besides {
            outcomes: run.outcomes,
            witnesses: run.witness,
            coverage: run.coverage.is_some(),
            estimate: run.estimate,
        },
    };
    let max_time = mistakes.sitting(&run.sitting);
    mistakes.none()?;
    Ok((plan, max_time))
}

/// How far questions may go whose answers are only a part of what is told; the rest is as in `plan`.
///
/// # Errors
/// With all options that mean nothing.
pub fn effort(effort: &Effort, plan: Plan) -> Result<(Plan, Option<Duration>), Rejected> {
    let mut mistakes = Mistakes::default();
    let max_states = effort.max_states.unwrap_or(plan.limits.max_states);
    mistakes.take(not_zero("--max-states", max_states));
    let max_time = mistakes.sitting(&effort.sitting);
    mistakes.none()?;
    Ok((Plan { limits: Limits { max_states, ..plan.limits }, ..plan }, max_time))
}

/// How a protocol is fuzzed.
///
/// # Errors
/// With all options that mean nothing.
pub fn rounds(args: &Fuzz, jobs: usize) -> Result<(Rounds, Option<Duration>), Rejected> {
    let mut mistakes = Mistakes::default();
    mistakes.take(args.worlds.map_or(Ok(()), |worlds| not_zero("--worlds", worlds)));
    mistakes.take(not_zero("--schedules", args.schedules));
    let max_time = mistakes.sitting(&args.sitting);
    let seed = match &args.seed_from {
        Some(text) => fingerprint::of(text.as_bytes()),
        None => mistakes.take(seed(&args.seed)),
    };
    mistakes.none()?;
    let endless = if max_time.is_some() { u64::MAX } else { WORLDS };
    let effort =
        look::Effort { max_states: args.max_states, schedules: args.schedules, ..look::Effort::default() };
    let worlds = args.worlds.unwrap_or(endless);
    Ok((Rounds { seed, worlds, effort, first: args.expect_found, jobs }, max_time))
}

/// What a campaign is planned from, and how many executions of each question or worlds of each protocol.
///
/// # Errors
/// With all options that mean nothing.
pub fn campaign(args: &campaign::Plan) -> Result<(Options, u64), Rejected> {
    let mut mistakes = Mistakes::default();
    // What `run` does with a question, and what a shard does with executions.
    let (runs, shard_size, default) =
        if args.questions { (RUNS, 1, DEFAULT) } else { (SHARD_RUNS, SHARD_RUNS, UNIFORM) };
    let runs = args.runs.unwrap_or(runs);
    let shard_size = args.shard_size.unwrap_or(shard_size);
    for (name, value) in [
        ("--runs", runs),
        ("--shard-size", shard_size),
        ("--max-steps", args.max_steps),
        ("--max-states", args.max_states),
    ] {
        mistakes.take(not_zero(name, value));
    }
    let max_memory = size(&args.max_memory).and_then(|bytes| not_zero("--max-memory", bytes).map(|()| bytes));
    let who = args.scheduler.clone().unwrap_or_else(|| default.to_string());
    mistakes.take(scheduler(&who, args.timed).map(Some));
    let reach = Reach { max_states: args.max_states, max_memory: mistakes.take(max_memory), runs };
    let options = Options {
        seed: mistakes.take(seed(&args.seed)),
        scheduler: who,
        max_steps: args.max_steps,
        shard_size,
        questions: args.questions.then_some(reach),
    };
    mistakes.none()?;
    Ok((options, runs))
}

/// How long a sitting may last.
///
/// # Errors
/// With all options that mean nothing.
pub fn sitting(sitting: &Sitting) -> Result<Option<Duration>, Rejected> {
    let mut mistakes = Mistakes::default();
    let max_time = mistakes.sitting(sitting);
    mistakes.none()?;
    Ok(max_time)
}

/// Are there tasks?
///
/// # Errors
/// If there are none.
pub fn tasks(args: &campaign::Submit) -> Result<(), Rejected> {
    let mut mistakes = Mistakes::default();
    for (name, value) in [("--tasks", args.tasks), ("--at-once", args.at_once)] {
        mistakes.take(value.map_or(Ok(()), |value| not_zero(name, value)));
    }
    mistakes.none()
}

/// A number that must be at least 1.
///
/// # Errors
/// If it is 0.
pub fn not_zero(option: &str, value: u64) -> Result<(), Diagnostic> {
    if value > 0 {
        return Ok(());
    }
    Err(mistake(codes::ZERO, format!("`{option} 0` leaves nothing to do"), "say at least 1"))
}

fn reductions(text: &str) -> Result<Reductions, Diagnostic> {
    Reductions::parse(text).map_err(|name| {
        let known = Reductions::NAMES.iter().copied().chain(["all", "none"]);
        let help = match did_you_mean(name, known) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}; `all`, `none`", Reductions::NAMES.join(", ")),
        };
        mistake(codes::UNKNOWN_REDUCTION, format!("there is no reduction `{name}`"), help)
    })
}

fn order(name: &str) -> Result<Order, Diagnostic> {
    match name {
        "bfs" | "dpor" => Ok(Order::BreadthFirst),
        "dfs" => Ok(Order::DepthFirst),
        _ => Err(mistake(
            codes::UNKNOWN_SEARCH,
            format!("there is no search `{name}`"),
            "there are `bfs`, breadth first, `dfs`, depth first, and `dpor`, schedules without stored states",
        )),
    }
}

/// `pos`, or with a number `pct:3`.
fn scheduler(text: &str, timed: bool) -> Result<Choice, Diagnostic> {
    let (name, number) = match text.split_once(':') {
        Some((name, number)) => (name, Some(number)),
        None => (text, None),
    };
    let Some(row) = find(name) else {
        let names: Vec<_> = SCHEDULERS.iter().map(|row| row.name).collect();
        let help = match did_you_mean(name, names.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => format!("there are {}", names.join(", ")),
        };
        return Err(mistake(codes::UNKNOWN_SCHEDULER, format!("there is no scheduler `{name}`"), help));
    };
    if !row.has_name() {
        return Err(mistake(
            codes::NEEDS_SCHEDULE,
            format!("the scheduler `{name}` needs a recorded schedule"),
            "use `pernet-sim replay FILE`",
        ));
    }
    if timed && !row.timed {
        return Err(mistake(
            codes::UNTIMED_SCHEDULER,
            format!("the scheduler `{name}` decides who is next, and by the agenda nobody asks that"),
            "leave out `--timed`, or use the scheduler `random`",
        ));
    }
    let number = number.map(|number| scheduler_number(name, number, row.least())).transpose()?;
    Ok(Choice { row, number })
}

/// The number behind a scheduler's name.
fn scheduler_number(name: &str, text: &str, least: Option<u32>) -> Result<u32, Diagnostic> {
    let Some(least) = least else {
        let message = format!("the scheduler `{name}` takes no number");
        return Err(mistake(codes::SCHEDULER_NUMBER, message, format!("say `--scheduler {name}`")));
    };
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(number) if digits && (least..=MOST_NUMBER).contains(&number) => Ok(number),
        _ => Err(mistake(
            codes::SCHEDULER_NUMBER,
            format!("the scheduler `{name}` can do nothing with `{text}`"),
            format!("say a number from {least} to {MOST_NUMBER}, as in `--scheduler {name}:2`"),
        )),
    }
}

/// `0x2a` or `42`.
fn seed(text: &str) -> Result<u64, Diagnostic> {
    let value = match text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")) {
        Some(digits) if digits.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
            u64::from_str_radix(digits, 16).ok()
        }
        None if text.bytes().all(|byte| byte.is_ascii_digit()) => text.parse().ok(),
        _ => None,
    };
    value.ok_or_else(|| {
        mistake(
            codes::BAD_SEED,
            format!("`{text}` is no seed"),
            "a seed is a number of 64 bits, as in 0x2a or 42",
        )
    })
}

/// `NAME=VALUE`, each name once.
///
/// # Errors
/// With all that cannot be read.
pub fn values(ask: &Ask) -> Result<Values, Rejected> {
    let mut values = Values::new();
    let mut mistakes = Mistakes::default();
    for text in &ask.set {
        if let Some((name, value)) = mistakes.take(setting(text).map(Some))
            && values.insert(name.clone(), value).is_some()
        {
            let message = format!("`{name}` is set twice");
            mistakes.take::<()>(Err(mistake(codes::SET_TWICE, message, "one `--set` is enough for a name")));
        }
    }
    mistakes.none()?;
    Ok(values)
}

fn setting(text: &str) -> Result<(String, i64), Diagnostic> {
    let pair = text.split_once('=').and_then(|(name, value)| Some((name.trim(), integer(value.trim())?)));
    match pair {
        Some((name, value)) if !name.is_empty() => Ok((name.to_string(), value)),
        _ => Err(mistake(
            codes::BAD_SET,
            format!("`--set {text}` is not `NAME=VALUE`"),
            "the value is an integer, as in `--set n=2`",
        )),
    }
}

fn integer(text: &str) -> Option<i64> {
    match text.strip_prefix("0x") {
        Some(digits) => i64::from_str_radix(digits, 16).ok(),
        None => text.parse().ok(),
    }
}

/// `90s`, `15m`, `2h`, `1500ms`.
///
/// # Errors
/// If it is something else.
pub fn time(text: &str) -> Result<Duration, Diagnostic> {
    let units = [("ms", 1), ("s", 1_000), ("m", 60_000), ("h", 3_600_000)];
    scaled(text, &units).map(Duration::from_millis).ok_or_else(|| {
        mistake(
            codes::BAD_TIME,
            format!("`{text}` is no span of time"),
            "say it as in 1500ms, 90s, 15m or 2h",
        )
    })
}

/// `65536`, `512K`, `512M`, `4G`.
fn size(text: &str) -> Result<u64, Diagnostic> {
    let units = [("K", 1 << 10), ("M", 1 << 20), ("G", 1 << 30), ("", 1)];
    scaled(text, &units).ok_or_else(|| {
        mistake(
            codes::BAD_SIZE,
            format!("`{text}` is no amount of memory"),
            "say it as in 65536, 512K, 512M or 4G",
        )
    })
}

fn scaled(text: &str, units: &[(&str, u64)]) -> Option<u64> {
    let (digits, factor) =
        units.iter().find_map(|&(unit, factor)| text.strip_suffix(unit).map(|digits| (digits, factor)))?;
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    if plain { digits.parse::<u64>().ok()?.checked_mul(factor) } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_mean_numbers() {
        for (text, value) in [("0x2a", Some(42)), ("42", Some(42)), ("0xffffffffffffffff", Some(u64::MAX))] {
            assert_eq!(seed(text).ok(), value);
        }
        for text in ["", "0x", "-1", "+1", "0x+1", "1e3", "0x10000000000000000", "seed"] {
            assert_eq!(seed(text).unwrap_err().code, codes::BAD_SEED, "{text}");
        }
        for (text, ms) in [("90s", 90_000), ("15m", 900_000), ("1500ms", 1_500), ("2h", 7_200_000)] {
            assert_eq!(time(text), Ok(Duration::from_millis(ms)));
        }
        for text in ["", "s", "90", "-1s", "1.5s", "99999999999999999999h"] {
            assert_eq!(time(text).unwrap_err().code, codes::BAD_TIME, "{text}");
        }
        for (text, bytes) in [("10", 10), ("2K", 2_048), ("1G", 1 << 30)] {
            assert_eq!(size(text), Ok(bytes));
        }
        for text in ["", "G", "1.5G", "1T"] {
            assert_eq!(size(text).unwrap_err().code, codes::BAD_SIZE, "{text}");
        }
        for (text, pair) in [("n=2", ("n", 2)), ("M = -3", ("M", -3)), ("x=0x10", ("x", 16))] {
            assert_eq!(setting(text), Ok((pair.0.to_string(), pair.1)));
        }
        for text in ["", "n", "=2", "n=", "n=two", "n=1=2", "n=99999999999999999999"] {
            assert_eq!(setting(text).unwrap_err().code, codes::BAD_SET, "{text}");
        }
    }
}
