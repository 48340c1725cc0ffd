//! As much of YAML as the Job of Kubernetes is written in: mappings and lists by indentation, JSON's strings and lists, numbers,
//! and words that can be nothing else. Whatever else YAML would take is refused, so nothing is read in another way than there.

use serde_json::{Map, Value};

/// Indentation and text of each line.
type Lines<'a> = [(usize, &'a str)];

/// Reads a document.
#[track_caller]
pub fn read(text: &str) -> Value {
    let lines: Vec<_> =
        text.lines().map(|line| (line.len() - line.trim_start().len(), line.trim_start())).collect();
    let mut rest = lines.as_slice();
    let value = block(&mut rest, 0);
    assert!(rest.is_empty(), "{rest:?} belongs to nothing");
    value
}

/// All lines of this indentation, with those below them.
fn block(lines: &mut &Lines<'_>, indent: usize) -> Value {
    match lines.first() {
        Some((_, text)) if text.starts_with("- ") => list(lines, indent),
        _ => mapping(lines, indent),
    }
}

fn list(lines: &mut &Lines<'_>, indent: usize) -> Value {
    let mut items = Vec::new();
    while let Some(&(at, text)) = lines.first()
        && at == indent
        && let Some(first) = text.strip_prefix("- ")
    {
        // An item is a mapping that begins behind the dash.
        let below = lines[1..].iter().take_while(|(at, _)| *at > indent).count();
        let mut item = vec![(indent + 2, first)];
        item.extend_from_slice(&lines[1..=below]);
        *lines = &lines[1 + below..];
        let mut item = item.as_slice();
        items.push(mapping(&mut item, indent + 2));
        assert!(item.is_empty(), "{item:?} belongs to nothing");
    }
    Value::Array(items)
}

fn mapping(lines: &mut &Lines<'_>, indent: usize) -> Value {
    let mut fields = Map::new();
    while let Some(&(at, text)) = lines.first()
        && at == indent
        && !text.starts_with('-')
    {
        *lines = &lines[1..];
        let (key, value) = text.split_once(':').unwrap_or_else(|| panic!("`{text}` has no key"));
        assert!(key.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"./".contains(&byte)), "{key}");
        let value = match (value.strip_prefix(' '), lines.first()) {
            (Some(value), _) => scalar(value),
            (None, Some(&(below, _))) if value.is_empty() && below > indent => block(lines, below),
            _ => panic!("`{key}` has no value"),
        };
        assert_eq!(fields.insert(key.to_string(), value), None, "{key} is there twice");
    }
    assert!(!fields.is_empty(), "nothing is indented by {indent} at {lines:?}");
    Value::Object(fields)
}

fn scalar(text: &str) -> Value {
    if text.starts_with(['"', '[']) {
        return serde_json::from_str(text).unwrap_or_else(|error| panic!("`{text}`: {error}"));
    }
    if let Ok(number) = text.parse::<u64>() {
        assert!(text == "0" || !text.starts_with('0'), "`{text}` may be octal");
        return number.into();
    }
    const MEANT_OTHERWISE: [&str; 9] = ["true", "false", "yes", "no", "on", "off", "y", "n", "null"];
    let plain = text.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-/".contains(&byte));
    let other = MEANT_OTHERWISE.contains(&text.to_lowercase().as_str()) || text.parse::<f64>().is_ok();
    assert!(plain && !other && !text.starts_with('-'), "`{text}` must be quoted");
    text.into()
}

#[test]
fn what_can_be_read_in_two_ways_is_refused() {
    let read = |text: &'static str| std::panic::catch_unwind(|| read(text)).ok();
    let good = "a:\n  b: 7\n  c: \"x: \\n\"\nd:\n  - e: [\"1\", \"2\"]\n    f: 256Mi\n  - e: 0\n";
    let want =
        serde_json::json!({"a": {"b": 7, "c": "x: \n"}, "d": [{"e": ["1", "2"], "f": "256Mi"}, {"e": 0}]});
    assert_eq!(read(good), Some(want));
    for bad in [
        "a: no",
        "a: 1e3",
        "a: 07",
        "a: b c",
        "a: 'b'",
        "a: b\na: c",
        "a: b\n  c: d",
        "a:",
        "a: {b: c}",
        "a: &b c",
    ] {
        assert_eq!(read(bad), None, "{bad}");
    }
}
