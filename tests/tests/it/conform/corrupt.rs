//! Slips in a recording: one event swapped, dropped, doubled, with another result, or with its batch in another order.

use serde_json::{Value, json};
use sim::rng::Words;

/// The kinds of slip.
pub const KINDS: [&str; 5] = ["swapped", "dropped", "doubled", "another result", "batch reordered"];

/// Makes a slip of a kind; `None`: the recording has no place for it. Besides, what was done, in words.
pub fn corrupt(recording: &Value, kind: &str, words: &mut Words) -> Option<(Value, String)> {
    let mut corrupted = recording.clone();
    let events = corrupted["events"].as_array_mut()?;
    let mut at = |most: usize| usize::try_from(words.below(most as u64)).unwrap_or(0);
    let what = match kind {
        "swapped" => {
            let at = at(events.len() - 1);
            events.swap(at, at + 1);
            format!("{} before {}", seq(&events[at]), seq(&events[at + 1]))
        }
        "dropped" => {
            let gone = events.remove(at(events.len()));
            format!("without {}", seq(&gone))
        }
        "doubled" => {
            let at = at(events.len());
            events.insert(at, events[at].clone());
            format!("{} twice", seq(&events[at]))
        }
        "another result" => {
            let results: Vec<usize> = (0..events.len()).filter(|&at| result(&events[at]).is_some()).collect();
            let event = &mut events[results[at(results.len())]];
            let key = result(event)?;
            let before = event[key].clone();
            event[key] = another(&before, key);
            format!("{key} of {} is {} and not {before}", seq(event), event[key])
        }
        _ => {
            let several = |event: &Value| event["nets"].as_array().is_some_and(|nets| nets.len() > 1);
            let batches: Vec<usize> = (0..events.len()).filter(|&at| several(&events[at])).collect();
            if batches.is_empty() {
                return None;
            }
            let event = &mut events[batches[at(batches.len())]];
            let nets = event["nets"].as_array_mut()?;
            let last = nets.len() - 1;
            nets.swap(at(last), last);
            format!("nets of {} are {}", seq(event), event["nets"])
        }
    };
    Some((corrupted, what))
}

/// The key of what came out of an event.
fn result(event: &Value) -> Option<&'static str> {
    let keys = match event["ev"].as_str()? {
        "init" | "ret" => "ret",
        "created" | "pre_exit" | "exit" => "net",
        "order" => "first_device",
        "settled" => "live",
        "note" => "text",
        _ => return None,
    };
    Some(keys)
}

fn another(value: &Value, key: &str) -> Value {
    match (value.as_i64(), key) {
        (Some(0), "ret") => json!(-12),
        (Some(_), "ret") => json!(0),
        (Some(number), _) => json!(number + 1),
        (None, "first_device") if value == "(none)" => json!("loopback_net_ops"),
        (None, "first_device") => json!("(none)"),
        (None, _) => json!(format!("{}, it seems", value.as_str().unwrap_or_default())),
    }
}

fn seq(event: &Value) -> String {
    format!("{} {}", event["seq"], event["ev"].as_str().unwrap_or_default())
}
