//! The commands that a probe is given, a line each.

use super::recording::Phase;
use crate::codes;
use model::lang::diagnostic::Diagnostic;
use model::lang::source::Span;
use model::lang::suggest::did_you_mean;
use model::machine::value::{MAX_INT, MIN_INT};

/// A line of the script.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Line {
    /// The command, words separated by one space; of `bg`, what runs in the background.
    pub text: String,
    /// What it says.
    pub command: Command,
    /// Where it stands.
    pub span: Span,
}

/// What is to be done.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Command {
    /// `register subsys|device NAME ...`
    Register(Register),
    /// `unregister NAME`
    Unregister(String),
    /// `waitgate NAME`: until a callback of it stands before its gate.
    WaitGate(String),
    /// `release NAME`: opens its gate.
    Release(String),
    /// `mknet X`, and `mknet_bg X`, which does not wait for it.
    Create {
        /// The namespace, and its task.
        name: String,
        /// Does the script wait?
        wait: bool,
    },
    /// `rmnet X`, and `rmnet_async X`, which does not wait for the cleanup.
    Remove {
        /// The namespace.
        name: String,
        /// Does the script wait?
        wait: bool,
    },
    /// `bg N COMMAND`
    Background {
        /// The task.
        name: String,
        /// What it does.
        command: Box<Command>,
    },
    /// `wait N`: until it is done.
    Wait(String),
    /// `kill N`
    Kill(String),
    /// `blocked N FUNCTION`: until the task waits for something, inside that function.
    Blocked {
        /// The task.
        name: String,
        /// The function.
        function: String,
    },
    /// `settle`: until no cleanup is pending.
    Settle,
    /// `nets`
    Nets,
    /// `order`
    Order,
    /// `sysctl KEY VALUE`
    Sysctl {
        /// The key.
        key: String,
        /// Its new value.
        value: i64,
    },
    /// `rmmod`
    Unload,
    /// `detach_devices`
    Detach,
    /// `attach_devices`
    Attach,
}

/// A registration.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Register {
    /// As a device?
    pub device: bool,
    /// The ops.
    pub name: String,
    /// Its callbacks.
    pub callbacks: Vec<Phase>,
    /// Does it give a size?
    pub size: bool,
    /// Does it ask for an id?
    pub id: bool,
    /// The call of `init` that fails, from 1.
    pub fail: Option<i64>,
    /// The namespace on which `init` fails.
    pub fail_net: Option<i64>,
    /// With this result.
    pub error: i64,
    /// The callback that blocks, and on which namespace only.
    pub gate: Option<(Phase, Option<i64>)>,
}

/// All words that begin a command.
const WORDS: [&str; 19] = [
    "register",
    "unregister",
    "waitgate",
    "release",
    "mknet",
    "mknet_bg",
    "rmnet",
    "rmnet_async",
    "bg",
    "wait",
    "kill",
    "blocked",
    "settle",
    "nets",
    "order",
    "sysctl",
    "rmmod",
    "detach_devices",
    "attach_devices",
];

/// What is set if nothing is said.
const CALLBACKS: &str = "ipeb";
const ERROR: i64 = -12;

/// Reads a line.
///
/// # Errors
/// If it is no command.
pub fn parse(text: &str, span: Span) -> Result<Line, Diagnostic> {
    let words: Vec<&str> = text.split_whitespace().collect();
    let command = command(&words, span)?;
    let skip = if matches!(command, Command::Background { .. }) { 2 } else { 0 };
    Ok(Line { text: words[skip..].join(" "), command, span })
}

fn command(words: &[&str], span: Span) -> Result<Command, Diagnostic> {
    let wrong = |usage: &str| {
        let message = format!("`{}` is not `{usage}`", words.join(" "));
        Diagnostic::new(codes::RECORDING_ARGUMENT, span, message).help("see `pernet-sim conform --help`")
    };
    let name = |usage: &str| match words {
        [_, name] => Ok((*name).to_string()),
        _ => Err(wrong(usage)),
    };
    let alone = |command: Command| if words.len() == 1 { Ok(command) } else { Err(wrong(words[0])) };
    match words.first().copied().unwrap_or_default() {
        "register" => register(words, span),
        "unregister" => Ok(Command::Unregister(name("unregister NAME")?)),
        "waitgate" => Ok(Command::WaitGate(name("waitgate NAME")?)),
        "release" => Ok(Command::Release(name("release NAME")?)),
        "mknet" => Ok(Command::Create { name: name("mknet X")?, wait: true }),
        "mknet_bg" => Ok(Command::Create { name: name("mknet_bg X")?, wait: false }),
        "rmnet" => Ok(Command::Remove { name: name("rmnet X")?, wait: true }),
        "rmnet_async" => Ok(Command::Remove { name: name("rmnet_async X")?, wait: false }),
        "bg" => match words {
            [_, _, "bg", ..] | [_] | [_, _] => Err(wrong("bg N COMMAND")),
            [_, name, rest @ ..] => {
                let command = Box::new(command(rest, span)?);
                Ok(Command::Background { name: (*name).to_string(), command })
            }
            [] => Err(wrong("bg N COMMAND")),
        },
        "wait" => Ok(Command::Wait(name("wait N")?)),
        "kill" => Ok(Command::Kill(name("kill N")?)),
        "blocked" => match words {
            [_, name, function] => {
                Ok(Command::Blocked { name: (*name).to_string(), function: (*function).to_string() })
            }
            _ => Err(wrong("blocked N FUNCTION")),
        },
        "settle" => alone(Command::Settle),
        "nets" => alone(Command::Nets),
        "order" => alone(Command::Order),
        "sysctl" => match words {
            [_, key, value] => match integer(value) {
                Some(value) => Ok(Command::Sysctl { key: (*key).to_string(), value }),
                None => Err(wrong("sysctl KEY NUMBER")),
            },
            _ => Err(wrong("sysctl KEY NUMBER")),
        },
        "rmmod" => alone(Command::Unload),
        "detach_devices" => alone(Command::Detach),
        "attach_devices" => alone(Command::Attach),
        word => {
            let message = format!("`{word}` is no command");
            let help = match did_you_mean(word, WORDS) {
                Some(near) => format!("did you mean `{near}`?"),
                None => format!("there are {}", WORDS.join(", ")),
            };
            Err(Diagnostic::new(codes::RECORDING_COMMAND, span, message).help(help))
        }
    }
}

fn register(words: &[&str], span: Span) -> Result<Command, Diagnostic> {
    let wrong = |message: String, help: &str| {
        Err(Diagnostic::new(codes::RECORDING_ARGUMENT, span, message).help(help))
    };
    let [_, kind @ ("subsys" | "device"), name, options @ ..] = words else {
        let message = format!("`{}` is not `register subsys|device NAME ...`", words.join(" "));
        return wrong(message, "say the kind and the name of the ops");
    };
    let mut register = Register {
        device: *kind == "device",
        name: (*name).to_string(),
        callbacks: Vec::new(),
        size: false,
        id: false,
        fail: None,
        fail_net: None,
        error: ERROR,
        gate: None,
    };
    let (mut letters, mut id_only, mut size_only) = (CALLBACKS, false, false);
    for option in options {
        let (key, value) = option.split_once('=').unwrap_or((option, ""));
        let number = integer(value);
        match (key, number) {
            ("cb", _) if value == "-" => letters = "",
            ("cb", _) if value.chars().all(|letter| Phase::lettered(letter).is_some()) => letters = value,
            ("size", Some(_)) => register.size = true,
            ("idonly", _) if value.is_empty() => id_only = true,
            ("sizeonly", _) if value.is_empty() => size_only = true,
            ("fail", Some(nth)) => register.fail = Some(nth),
            ("failnet", Some(net)) => register.fail_net = Some(net),
            ("err", Some(error)) => register.error = error,
            ("gate", _) => match gate(value) {
                Some(gate) => register.gate = Some(gate),
                None => {
                    let message = format!("`{option}` is not `gate=LETTER` or `gate=LETTER:NET`");
                    return wrong(message, "the letters are i, p, e, b, r and x, as for `cb=`");
                }
            },
            _ => {
                let message = format!("`{option}` says nothing about a registration");
                let help = "there are cb=LETTERS, size=N, idonly, sizeonly, fail=N, failnet=NET, err=E and \
                            gate=LETTER[:NET]";
                return wrong(message, help);
            }
        }
    }
    register.id = id_only || register.size && !size_only;
    register.size &= !id_only;
    register.callbacks = Phase::ALL.iter().filter(|row| letters.contains(row.2)).map(|row| row.0).collect();
    Ok(Command::Register(register))
}

/// An integer that the language has, too.
fn integer(text: &str) -> Option<i64> {
    text.parse().ok().filter(|value| (MIN_INT..=MAX_INT).contains(value))
}

fn gate(text: &str) -> Option<(Phase, Option<i64>)> {
    let (letter, net) = match text.split_once(':') {
        Some((letter, net)) => (letter, Some(integer(net)?)),
        None => (text, None),
    };
    let mut letters = letter.chars();
    let phase = Phase::lettered(letters.next()?)?;
    letters.next().is_none().then_some((phase, net))
}

#[cfg(test)]
mod tests {
    use super::*;
    use model::lang::source::FileId;

    fn parsed(text: &str) -> Result<Line, Diagnostic> {
        parse(text, Span { file: FileId(0), lo: 0, hi: 0 })
    }

    fn registered(text: &str) -> Register {
        match parsed(text).map(|line| line.command) {
            Ok(Command::Register(register)) => register,
            other => panic!("{text}: {other:?}"),
        }
    }

    #[test]
    fn a_registration_says_what_it_leaves_out() {
        let plain = registered("register  subsys A");
        assert!(!plain.device && !plain.size && !plain.id && plain.error == -12);
        assert_eq!(plain.callbacks, [Phase::Init, Phase::PreExit, Phase::Exit, Phase::ExitBatch]);
        let all = registered("register device D cb=xb size=8 fail=2 failnet=0 err=-17 gate=b:3");
        assert!(all.device && all.size && all.id);
        assert_eq!(all.callbacks, [Phase::ExitBatch, Phase::ExitRtnl]);
        assert_eq!((all.fail, all.fail_net, all.error), (Some(2), Some(0), -17));
        assert_eq!(all.gate, Some((Phase::ExitBatch, Some(3))));
        assert_eq!(registered("register subsys N cb=-").callbacks, []);
        let slot = |text: &str| {
            let register = registered(text);
            (register.id, register.size)
        };
        assert_eq!(slot("register subsys A idonly"), (true, false));
        assert_eq!(slot("register subsys A size=16 sizeonly"), (false, true));
    }

    #[test]
    fn what_runs_behind_is_a_command() {
        let line = parsed("bg r unregister A").unwrap();
        assert_eq!(line.text, "unregister A");
        let command = Box::new(Command::Unregister("A".to_string()));
        assert_eq!(line.command, Command::Background { name: "r".to_string(), command });
    }

    #[test]
    fn what_is_no_command_has_a_number() {
        for (text, code) in [
            ("", codes::RECORDING_COMMAND),
            ("registr subsys A", codes::RECORDING_COMMAND),
            ("register A", codes::RECORDING_ARGUMENT),
            ("register subsys A cb=iz", codes::RECORDING_ARGUMENT),
            ("register subsys A fail=x", codes::RECORDING_ARGUMENT),
            ("register subsys A gate=ip", codes::RECORDING_ARGUMENT),
            ("mknet", codes::RECORDING_ARGUMENT),
            ("settle now", codes::RECORDING_ARGUMENT),
            ("bg r", codes::RECORDING_ARGUMENT),
            ("bg r bg s nets", codes::RECORDING_ARGUMENT),
            ("sysctl user/max_net_namespaces many", codes::RECORDING_ARGUMENT),
        ] {
            assert_eq!(parsed(text).unwrap_err().code, code, "{text}");
        }
    }
}
