//! From the text of a recording to what it says, with all that is wrong in it.

use super::command;
use super::recording::{Entered, Event, Gate, Phase, Recording, What};
use crate::codes;
use crate::question::Rejected;
use model::lang::diagnostic::{Code, Diagnostic};
use model::lang::source::{FileId, SourceMap, Span};
use model::lang::suggest::did_you_mean;
use serde_json::Value;
use serde_json::value::RawValue;
use std::collections::BTreeMap;

/// The names of events.
const EVENTS: [&str; 15] = [
    "init",
    "pre_exit",
    "exit",
    "exit_batch",
    "exit_batch_rtnl",
    "exit_rtnl",
    "call",
    "ret",
    "created",
    "note",
    "gate_wait",
    "gate_pass",
    "nets",
    "order",
    "settled",
];

impl Recording {
    /// Reads a recording.
    ///
    /// # Errors
    /// With all that is wrong in it.
    pub fn read(file: &str, text: &str) -> Result<Self, Rejected> {
        let mut sources = SourceMap::default();
        let id = sources.add(file, text);
        let mut reader = Reader { text, id, wrong: Vec::new() };
        let recording = reader.recording(file);
        match recording {
            Some(recording) if reader.wrong.is_empty() => Ok(Self { sources, ..recording }),
            _ => Err(Rejected { sources, diagnostics: reader.wrong }),
        }
    }
}

struct Reader<'a> {
    text: &'a str,
    id: FileId,
    wrong: Vec<Diagnostic>,
}

/// The members of an object.
type Object<'a> = BTreeMap<String, &'a RawValue>;

impl<'a> Reader<'a> {
    fn recording(&mut self, file: &str) -> Option<Recording> {
        let object: Object<'a> = match serde_json::from_str(self.text) {
            Ok(object) => object,
            Err(error) => {
                let message = format!("this is no JSON object: {}", reason(&error));
                let help = "a recording is one object with `kernel`, `scenario`, `input` and `events`";
                let place = self.place(error.line(), error.column());
                self.wrong(codes::RECORDING_JSON, place, message, help);
                return None;
            }
        };
        let kernel = self.string(&object, "kernel");
        let scenario = self.string(&object, "scenario");
        let title = if object.contains_key("title") { self.string(&object, "title") } else { None };
        let input = self.list(&object, "input")?;
        let events = self.list(&object, "events")?;
        let input = input.iter().filter_map(|raw| self.line(raw)).collect();
        let events = events.iter().filter_map(|raw| self.event(raw)).collect();
        Some(Recording {
            file: file.to_string(),
            kernel: kernel?,
            scenario: scenario?,
            title: title.unwrap_or_default(),
            input,
            events,
            sources: SourceMap::default(),
        })
    }

    fn wrong(&mut self, code: Code, span: Span, message: impl Into<String>, help: impl Into<String>) {
        self.wrong.push(Diagnostic::new(code, span, message).help(help));
    }

    /// A place that the parser tells: line and column of bytes, both from 1.
    fn place(&self, line: usize, column: usize) -> Span {
        let before: usize = self.text.split_inclusive('\n').take(line.saturating_sub(1)).map(str::len).sum();
        let mut lo = (before + column.saturating_sub(1)).min(self.text.len());
        while !self.text.is_char_boundary(lo) {
            lo -= 1;
        }
        let hi = self.text[lo..].chars().next().map_or(lo, |c| lo + c.len_utf8());
        self.span(lo, hi)
    }

    fn span(&self, lo: usize, hi: usize) -> Span {
        let at = |byte: usize| u32::try_from(byte).unwrap_or(u32::MAX);
        Span { file: self.id, lo: at(lo), hi: at(hi) }
    }

    /// Where a part of the text stands in it.
    fn span_of(&self, raw: &RawValue) -> Span {
        let lo = raw.get().as_ptr().addr() - self.text.as_ptr().addr();
        self.span(lo, lo + raw.get().len())
    }

    fn string(&mut self, object: &Object<'a>, name: &str) -> Option<String> {
        match object.get(name).map(|raw| (raw, serde_json::from_str::<String>(raw.get()))) {
            Some((_, Ok(text))) => Some(text),
            Some((raw, Err(_))) => {
                let span = self.span_of(raw);
                self.wrong(codes::RECORDING_PART, span, format!("`{name}` is no text"), "write it in quotes");
                None
            }
            None => self.missing(name),
        }
    }

    fn list(&mut self, object: &Object<'a>, name: &str) -> Option<Vec<&'a RawValue>> {
        match object.get(name).map(|&raw| (raw, serde_json::from_str::<Vec<&'a RawValue>>(raw.get()))) {
            Some((_, Ok(list))) => Some(list),
            Some((raw, Err(_))) => {
                let span = self.span_of(raw);
                self.wrong(
                    codes::RECORDING_PART,
                    span,
                    format!("`{name}` is no list"),
                    "write it as `[...]`",
                );
                None
            }
            None => self.missing(name),
        }
    }

    fn missing<T>(&mut self, name: &str) -> Option<T> {
        let span = self.span(0, self.text.len().min(1));
        let help = "a recording has `kernel`, `scenario`, `input` and `events`";
        self.wrong(codes::RECORDING_PART, span, format!("the recording has no `{name}`"), help);
        None
    }

    fn line(&mut self, raw: &'a RawValue) -> Option<command::Line> {
        let span = self.span_of(raw);
        let Ok(text) = serde_json::from_str::<String>(raw.get()) else {
            self.wrong(codes::RECORDING_PART, span, "a line of `input` is no text", "write it in quotes");
            return None;
        };
        command::parse(&text, span).map_err(|wrong| self.wrong.push(wrong)).ok()
    }

    fn event(&mut self, raw: &'a RawValue) -> Option<Event> {
        let span = self.span_of(raw);
        let Ok(object) = serde_json::from_str::<BTreeMap<String, Value>>(raw.get()) else {
            self.wrong(codes::RECORDING_PART, span, "an event is no object", "write it as `{...}`");
            return None;
        };
        let mut fields = Fields { object, wrong: Vec::new() };
        let (seq, task) = (fields.number("seq"), fields.text("task"));
        let what = match fields.text("ev") {
            Some(ev) if EVENTS.contains(&ev.as_str()) => fields.what(&ev),
            Some(ev) => {
                let help = match did_you_mean(&ev, EVENTS) {
                    Some(near) => format!("did you mean `{near}`?"),
                    None => format!("there are {}", EVENTS.join(", ")),
                };
                self.wrong(codes::RECORDING_EVENT, span, format!("there is no event `{ev}`"), help);
                None
            }
            None => None,
        };
        for message in fields.wrong {
            let help = "each event says what the description of its kind names";
            self.wrong(codes::RECORDING_FIELD, span, message, help);
        }
        Some(Event { seq: seq?, task: task?, what: what?, span })
    }
}

/// The members of an event, and what is wrong with them.
struct Fields {
    object: BTreeMap<String, Value>,
    wrong: Vec<String>,
}

impl Fields {
    fn number(&mut self, name: &str) -> Option<i64> {
        self.need(name, "an integer", Value::as_i64)
    }

    fn text(&mut self, name: &str) -> Option<String> {
        self.need(name, "a text", |value| value.as_str().map(str::to_string))
    }

    fn numbers(&mut self, name: &str) -> Option<Vec<i64>> {
        self.need(name, "a list of integers", |value| value.as_array()?.iter().map(Value::as_i64).collect())
    }

    fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        self.need(name, "a list of texts", |value| {
            value.as_array()?.iter().map(|text| text.as_str().map(str::to_string)).collect()
        })
    }

    fn need<T>(&mut self, name: &str, kind: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        if self.object.get(name).is_some_and(|value| !value.is_null()) {
            return self.maybe(name, kind, read);
        }
        self.wrong.push(format!("the event has no `{name}`"));
        None
    }

    fn maybe<T>(&mut self, name: &str, kind: &str, read: impl Fn(&Value) -> Option<T>) -> Option<T> {
        let read = read(self.object.get(name).filter(|value| !value.is_null())?);
        if read.is_none() {
            self.wrong.push(format!("`{name}` is not {kind}"));
        }
        read
    }

    fn maybe_number(&mut self, name: &str) -> Option<i64> {
        self.maybe(name, "an integer", Value::as_i64)
    }

    fn maybe_text(&mut self, name: &str) -> Option<String> {
        self.maybe(name, "a text", |value| value.as_str().map(str::to_string))
    }

    fn what(&mut self, ev: &str) -> Option<What> {
        if let Some(phase) = Phase::named(ev) {
            return self.entered(phase);
        }
        Some(match ev {
            "call" => What::Call { cmd: self.text("cmd")? },
            "ret" => {
                let (call, ops, ret) = (self.text("call"), self.text("ops"), self.number("ret"));
                What::Ret { call: call?, ops: ops?, ret: ret?, id: self.maybe_number("id") }
            }
            "created" => {
                let (name, net) = (self.text("name"), self.number("net"));
                What::Created { name: name?, net: net? }
            }
            "note" => What::Note { text: self.text("text")? },
            "gate_wait" => What::GateWait(self.gate()?),
            "gate_pass" => What::GatePass(self.gate()?),
            "nets" => What::Nets { nets: self.numbers("nets")? },
            "order" => {
                let (list, first_device) = (self.texts("list"), self.text("first_device"));
                What::Order { list: list?, first_device: first_device? }
            }
            _ => What::Settled { live: self.number("live")? },
        })
    }

    fn entered(&mut self, phase: Phase) -> Option<What> {
        let ops = self.text("ops");
        let nets = match phase.is_batch() {
            true => self.numbers("nets"),
            false => self.number("net").map(|net| vec![net]),
        };
        let ret = if phase == Phase::Init { self.number("ret") } else { None };
        Some(What::Callback(Entered {
            phase,
            registration: self.maybe_number("gen"),
            n: self.maybe_number("n"),
            data: self.maybe_text("data"),
            id: self.maybe_number("id"),
            genlen: self.maybe_number("genlen"),
            ops: ops?,
            nets: nets?,
            ret,
        }))
    }

    fn gate(&mut self) -> Option<Gate> {
        let ops = self.text("ops");
        let (cb, net) = (self.maybe_text("cb"), self.maybe_number("net"));
        Some(Gate { ops: ops?, cb, net })
    }
}

/// What the parser says, without the place.
fn reason(error: &serde_json::Error) -> String {
    let text = error.to_string();
    text.split(" at line ").next().unwrap_or(&text).to_string()
}
