//! What is written is read again, and what nobody writes is refused by number.

use super::*;
use crate::origin::Origin;
use crate::pick::Pick;

fn recording() -> Recording {
    Recording {
        tool: Some("0.1.0".to_string()),
        origin: Origin::Search,
        scenario: "a b/x.pernet".to_string(),
        protocol: "linux-5.3".to_string(),
        breaks: vec!["paired".to_string(), "undo".to_string()],
        params: [("n".to_string(), -2)].into(),
        timed: true,
        finding: Some("paired".to_string()),
        steps: 18,
        schedule: Schedule(vec![Pick::Task(1), Pick::Answer(1), Pick::Duration(20)]),
        marks: vec![
            Mark { steps: 0, picks: Some(0), fingerprint: 1 },
            Mark { steps: 16, picks: Some(2), fingerprint: 2 },
            Mark { steps: 18, picks: Some(3), fingerprint: u64::MAX },
        ],
        checks: (0..18).map(|step| step * 14).collect(),
        texts: vec![
            Text::new("a b/x.pernet", "on p;\n\n| x\r\n"),
            Text::new("p.pernet", "no line break at the end"),
            Text::new("empty.pernet", ""),
        ],
    }
}

/// The same as version 1 of the format had it.
const VERSION_1: &str = "pernet-sim replay 1
scenario a b/x.pernet
protocol linux-5.3
breaks paired undo
set n=-2
mode timed
finding paired
steps 12
schedule v1 1 +1 @20
fingerprint 0 0x0000000000000001
fingerprint 12 0xffffffffffffffff
text a b/x.pernet 4
| on p;
|
| | x
|
text p.pernet 1
| no line break at the end
end
";

#[test]
fn text_round_trips() {
    let plain = Recording { finding: None, breaks: Vec::new(), timed: false, tool: None, ..recording() };
    let bare = Recording { checks: Vec::new(), ..recording() };
    for recording in [recording(), plain, bare] {
        let text = recording.to_text();
        assert_eq!(Recording::parse("r", &text), Ok(recording.clone()), "{text}");
        assert_eq!(Recording::parse("r", &text).unwrap().to_text(), text);
    }
}

#[test]
fn version_1_is_read_for_ever() {
    let read = Recording::parse("r", VERSION_1).unwrap();
    assert_eq!((read.tool.as_deref(), &read.origin), (None, &Origin::Unknown));
    assert_eq!(read.marks[1], Mark { steps: 12, picks: None, fingerprint: u64::MAX });
    let text = read.to_text();
    assert!(text.starts_with("pernet-sim replay 2\ntool -\norigin -\n"), "{text}");
    assert!(text.contains("\nstate 12 - 0xffffffffffffffff -\ntext a b/x.pernet 4 -\n"), "{text}");
    assert_eq!(Recording::parse("r", &text), Ok(read));
}

/// A name that ends its line would end the file.
#[test]
fn hostile_names_are_written_plainly() {
    let mut hostile = recording();
    hostile.texts[0] = Text::new("a\nend\n\u{1b}b.pernet", "on p;");
    assert_eq!(Recording::parse("r", &hostile.to_text()).unwrap().texts[0].name, "a?end??b.pernet");
}

#[test]
fn every_truncation_is_refused() {
    for text in [recording().to_text(), VERSION_1.to_string()] {
        for end in 0..text.len() {
            assert!(Recording::parse("r", &text[..end]).is_err(), "{end}");
        }
    }
}

#[test]
fn mistakes_have_numbers() {
    let text = recording().to_text();
    for (from, to, code) in [
        ("pernet-sim replay 2", "pernet-sim replay 3", codes::REPLAY_VERSION),
        ("pernet-sim replay 2", "\u{7f}ELF", codes::NOT_A_REPLAY),
        ("mode timed", "mode fast", codes::REPLAY_LINE),
        ("steps 18", "steps -1", codes::REPLAY_LINE),
        ("steps 18\n", "", codes::REPLAY_MISSING),
        ("tool 0.1.0\n", "", codes::REPLAY_MISSING),
        ("origin search\n", "", codes::REPLAY_MISSING),
        ("origin search", "origin elsewhere", codes::REPLAY_LINE),
        ("set n=-2", "set n", codes::REPLAY_LINE),
        ("| on p;", "on p;", codes::REPLAY_LINE),
        ("v1 1 +1 @20", "v1 1 +1 20@", codes::BAD_TOKEN),
        ("state 0 0 0x", "state 0 0 ", codes::REPLAY_LINE),
        ("state 0 0 0x", "state 0 0x", codes::REPLAY_LINE),
        ("state 18 3 0x", "state 16 3 0x", codes::REPLAY_LINE),
        ("state 18 3 0x", "state 19 3 0x", codes::REPLAY_LINE),
        ("state 18 3 0x", "state 18 x 0x", codes::REPLAY_LINE),
        ("fffffffff e0ee", "fffffffff e0e", codes::REPLAY_LINE),
        ("fffffffff e0ee", "fffffffff e0eg", codes::REPLAY_LINE),
        ("state 0 0 0x", "fingerprint 0 0x", codes::REPLAY_LINE),
        ("text p.pernet 1 0x", "text p.pernet 1 ", codes::REPLAY_LINE),
        ("text p.pernet 1", "text p.pernet 999999999999", codes::REPLAY_LINE),
        ("text p.pernet 1 0x", "shipped protocols/no-such.pernet 0x", codes::SHIPPED_GONE),
        ("text p.pernet 1 0x", "shipped 0x", codes::REPLAY_LINE),
        ("\nend\n", "\n", codes::REPLAY_TRUNCATED),
        ("steps 18", "stride 18", codes::REPLAY_LINE),
    ] {
        assert!(text.contains(from), "{from} is not in {text}");
        let rejected = Recording::parse("r", &text.replacen(from, to, 1)).unwrap_err();
        assert_eq!(rejected.diagnostics[0].code, code, "{to}");
    }
}
