//! Remarks of a script: what a probe writes down for a command that is none of its own.

use super::command::Command;
use super::heard::Cast;
use model::machine::World;

/// Does what a remark says hold: is the task that waits in a function in it? A function that the era does not have is not
/// asked for.
#[must_use]
pub fn stands(world: &World<'_>, cast: &Cast<'_>, command: &Command) -> bool {
    let Command::Blocked { name, function } = inner(command) else { return true };
    if world.program().functions.iter().all(|known| known.name != *function) {
        return true;
    }
    let tasks = ["m_", "c_", ""].map(|prefix| format!("{prefix}{name}"));
    let mut waiting =
        tasks.iter().flat_map(|task| cast.tasks_named(task)).filter(|&task| world.is_waiting(task));
    waiting.any(|task| world.calls(task).any(|call| call == function))
}

/// The text of a remark.
#[must_use]
pub fn text(command: &Command) -> String {
    match inner(command) {
        Command::Remove { name, .. } => format!("rmnet {name}"),
        Command::Sysctl { key, value } => format!("sysctl {key}={value}"),
        Command::Blocked { name, function } => format!("{name} blocked in {function}"),
        Command::Kill(name) => format!("kill {name}"),
        _ => String::new(),
    }
}

/// Is this what a probe may say for the command? Of a `kill` it is only known whom it is about.
#[must_use]
pub fn fits(command: &Command, said: &str) -> bool {
    match inner(command) {
        Command::Kill(name) => {
            let mut words = said.split(|c: char| !c.is_alphanumeric() && c != '_');
            words.any(|word| word == name || word.ends_with(&format!("_{name}")))
        }
        command => said == text(command),
    }
}

fn inner(command: &Command) -> &Command {
    match command {
        Command::Background { command, .. } => inner(command),
        command => command,
    }
}
