//! One short phrase for what happened inside a step, in the words of the text that ran.

use model::machine::verbs::VERBS;
use model::machine::{Event, Value, World};

/// The phrase of an event; `None` for what only repeats the source line.
#[must_use]
pub fn of(world: &World<'_>, event: Event) -> Option<String> {
    let program = world.program();
    let say = |value: Value| world.describe(value);
    let callback = |at: u16| program.callback_names[usize::from(at)].as_str();
    let function = |at: u16| program.functions[usize::from(at)].name.as_str();
    let phrase = match event {
        Event::Enter { callback: at, object, argument } => {
            format!("{} {} on {}", callback(at), say(object), say(argument))
        }
        Event::Leave { callback: at, object, argument, result } if is_value(result) => {
            format!("{} {} on {} = {}", callback(at), say(object), say(argument), say(result))
        }
        Event::Return { function: at, result, .. } if is_value(result) => {
            format!("{} returns {}", function(at), say(result))
        }
        Event::Return { function: at, .. } => format!("{} returns", function(at)),
        Event::Verb { verb, args, result } => {
            let verb = VERBS[usize::from(verb)];
            call(world, verb.name, &args, if verb.value { result } else { Value::UNSET })
        }
        Event::Arrive { verb, args } => {
            format!("{} waits", call(world, VERBS[usize::from(verb)].name, &args, Value::UNSET))
        }
        Event::Read { cell, value } => format!("reads {} = {}", world.cell_name(cell), say(value)),
        Event::Write { cell, value } => format!("sets {} = {}", world.cell_name(cell), say(value)),
        Event::Walk { to } => format!("goes to {}", say(to)),
        Event::Take { what } => format!("takes {}", say(what)),
        Event::Fault { site } => format!("fault: {}", program.sites[usize::from(site)].what),
        Event::Waited | Event::Nothing | Event::Call { .. } | Event::Leave { .. } => return None,
    };
    Some(phrase)
}

/// A call without what is not there: `kzalloc net = unshare#1`, `mutex_lock net_mutex`.
fn call(world: &World<'_>, verb: &str, args: &[Value], result: Value) -> String {
    let mut phrase = verb.to_string();
    for arg in args.iter().take_while(|&&arg| arg != Value::NULL) {
        phrase.push(' ');
        phrase.push_str(&world.describe(*arg));
    }
    if is_value(result) {
        phrase.push_str(" = ");
        phrase.push_str(&world.describe(result));
    }
    phrase
}

/// Does a result say anything? A function that returns nothing gives what its caller must not read.
const fn is_value(result: Value) -> bool {
    !result.is_unset()
}
