//! From the text of a recording to a [`Recording`]. Every line is understood or refused, with its number and
//! the cause.

use std::collections::{BTreeMap, BTreeSet};
use std::str::FromStr;

use super::{Callbacks, Kind, ListEntry, ModuleCalls, Recording, RecordingError, RegisterCall};

impl Recording {
    /// Reads a whole recording. It must have each of its sections once, in any order.
    pub fn parse(text: &str) -> Result<Self, RecordingError> {
        let mut file = File::split(text)?;
        let recording = Self {
            kernel: file.header("# kernel: ")?.to_owned(),
            tag: first_word(file.header("# tag: ")?).to_owned(),
            untraceable: untraceable(file.header("# callbacks the function tracer cannot see")?),
            boot_calls: file.section("register-calls-during-boot", boot_calls)?,
            list_after_boot: file.section("list-after-boot", list)?,
            loads: file.section("register-calls-while-loading-modules", |lines| {
                module_calls(lines, "insmod", "register")
            })?,
            list_after_modules: file.section("list-after-modules", list)?,
            create: file.section("create", |lines| callbacks(lines, "setup_net"))?,
            destroy: file.section("destroy", |lines| callbacks(lines, "cleanup_net"))?,
            unloads: file.section("unregister-calls-while-unloading-modules", |lines| {
                module_calls(lines, "rmmod", "unregister")
            })?,
            list_after_unloading: file.section("list-after-unloading", list)?,
        };
        file.nothing_left()?;
        Ok(recording)
    }
}

/// A line of the file and its number. Blank lines and comments are gone by then.
#[derive(Clone, Copy)]
struct Line<'a> {
    number: usize,
    text: &'a str,
}

impl<'a> Line<'a> {
    fn words(self) -> impl Iterator<Item = &'a str> {
        self.text.split_whitespace()
    }

    fn error(self, cause: impl Into<String>) -> RecordingError {
        RecordingError { line: self.number, cause: cause.into() }
    }

    /// The line's words, which must be exactly `N`.
    fn exactly<const N: usize>(self, wanted: &str) -> Result<[&'a str; N], RecordingError> {
        let words: Vec<&str> = self.words().collect();
        words.try_into().map_err(|_| self.error(format!("expected `{wanted}`, found `{}`", self.text.trim())))
    }

    /// The word as a number, or an error that says what it should have been.
    fn number<T: FromStr>(self, word: &str, what: &str) -> Result<T, RecordingError> {
        word.parse().map_err(|_| self.error(format!("`{word}` is no {what}; a number was expected")))
    }

    fn kind(self, word: &str) -> Result<Kind, RecordingError> {
        match word {
            "subsys" => Ok(Kind::Subsys),
            "device" => Ok(Kind::Device),
            _ => Err(self.error(format!("unknown kind `{word}`; kinds are subsys and device"))),
        }
    }
}

/// The file's headers, and its sections by name, each with the line of its title.
struct File<'a> {
    headers: Vec<&'a str>,
    sections: BTreeMap<&'a str, (Line<'a>, Vec<Line<'a>>)>,
    end: Line<'a>,
}

impl<'a> File<'a> {
    fn split(text: &'a str) -> Result<Self, RecordingError> {
        let end = Line { number: text.lines().count(), text: "" };
        let mut file = File { headers: Vec::new(), sections: BTreeMap::new(), end };
        let mut current = None;
        for (index, text) in text.lines().enumerate() {
            let line = Line { number: index + 1, text };
            if text.starts_with('#') {
                file.headers.push(text);
            } else if let Some(title) = text.strip_prefix('[') {
                let (name, _comment) =
                    title.split_once(']').ok_or_else(|| line.error("a section's title ends with `]`"))?;
                if file.sections.insert(name, (line, Vec::new())).is_some() {
                    return Err(line.error(format!("section `{name}` comes twice")));
                }
                current = Some(name);
            } else if !text.trim().is_empty() {
                let section = current.and_then(|name| file.sections.get_mut(name));
                section.ok_or_else(|| line.error("a line before the first section"))?.1.push(line);
            }
        }
        Ok(file)
    }

    /// What follows `start` in the header that begins with it.
    fn header(&self, start: &str) -> Result<&'a str, RecordingError> {
        let found = self.headers.iter().find_map(|header| header.strip_prefix(start));
        found.ok_or_else(|| self.end.error(format!("no header begins with `{start}`")))
    }

    /// Takes the section out and reads it.
    fn section<T>(
        &mut self,
        name: &str,
        read: impl FnOnce(&[Line<'_>]) -> Result<T, RecordingError>,
    ) -> Result<T, RecordingError> {
        let (_, lines) = self
            .sections
            .remove(name)
            .ok_or_else(|| self.end.error(format!("section `{name}` is missing")))?;
        read(&lines)
    }

    fn nothing_left(&self) -> Result<(), RecordingError> {
        match self.sections.iter().next() {
            None => Ok(()),
            Some((name, (title, _))) => Err(title.error(format!("unknown section `{name}`"))),
        }
    }
}

fn first_word(text: &str) -> &str {
    text.split_whitespace().next().unwrap_or_default()
}

/// The names after the colon; the parenthesis before it tells why.
fn untraceable(header: &str) -> Vec<String> {
    let names = header.split_once(':').map_or("", |(_why, names)| names);
    names.split_whitespace().map(str::to_owned).collect()
}

fn boot_calls(lines: &[Line<'_>]) -> Result<Vec<RegisterCall>, RecordingError> {
    let read = |(index, line): (usize, &Line<'_>)| {
        let [n, kind, caller, init] = line.exactly("n kind caller init")?;
        let n = line.number(n, "call number")?;
        if n != index + 1 {
            return Err(line.error(format!("call {n} stands where call {} was expected", index + 1)));
        }
        let init = (init != "-").then(|| init.to_owned());
        Ok(RegisterCall { line: line.number, n, kind: line.kind(kind)?, caller: caller.to_owned(), init })
    };
    lines.iter().enumerate().map(read).collect()
}

fn list(lines: &[Line<'_>]) -> Result<Vec<ListEntry>, RecordingError> {
    let mut names = BTreeSet::new();
    let read = |(index, line): (usize, &Line<'_>)| {
        let entry = list_entry(*line)?;
        if entry.pos != index {
            return Err(line.error(format!("position {} stands where {index} was expected", entry.pos)));
        }
        if !names.insert(entry.name.clone()) {
            return Err(
                line.error(format!("`{}` is on the list twice; ops are told apart by name", entry.name))
            );
        }
        Ok(entry)
    };
    lines.iter().enumerate().map(read).collect()
}

fn list_entry(line: Line<'_>) -> Result<ListEntry, RecordingError> {
    let mut words = line.words().peekable();
    let mut word = |what| words.next().ok_or_else(|| line.error(format!("{what} is missing")));
    let mut entry = ListEntry {
        line: line.number,
        pos: line.number(word("the position")?, "position")?,
        kind: line.kind(word("the kind")?)?,
        name: word("the name")?.to_owned(),
        module: None,
        callbacks: Callbacks::default(),
        id: None,
        size: None,
    };
    if let Some(module) = words.next_if(|word| word.starts_with('[')) {
        entry.module = Some(module.trim_matches(['[', ']']).to_owned());
    }
    for word in words {
        let (column, value) = word
            .split_once('=')
            .ok_or_else(|| line.error(format!("expected `column=value`, found `{word}`")))?;
        set_column(line, &mut entry, column, value)?;
    }
    Ok(entry)
}

fn set_column(
    line: Line<'_>,
    entry: &mut ListEntry,
    column: &str,
    value: &str,
) -> Result<(), RecordingError> {
    let callbacks = &mut entry.callbacks;
    let callback = match column {
        "id" => return line.number(value, "id").map(|id| entry.id = Some(id)),
        "size" => return line.number(value, "size").map(|size| entry.size = Some(size)),
        "init" => &mut callbacks.init,
        "pre_exit" => &mut callbacks.pre_exit,
        "exit_rtnl" => &mut callbacks.exit_rtnl,
        "exit" => &mut callbacks.exit,
        "exit_batch" => &mut callbacks.exit_batch,
        "exit_batch_rtnl" => &mut callbacks.exit_batch_rtnl,
        _ => {
            return Err(line.error(format!(
                "unknown column `{column}`; columns are init, pre_exit, exit_rtnl, exit, exit_batch, \
                 exit_batch_rtnl, id and size"
            )));
        }
    };
    *callback = Some(value.to_owned());
    Ok(())
}

/// `command MODULE` lines, each followed by its `verb KIND` lines.
fn module_calls(lines: &[Line<'_>], command: &str, verb: &str) -> Result<Vec<ModuleCalls>, RecordingError> {
    let mut modules: Vec<ModuleCalls> = Vec::new();
    for line in lines {
        let [word, name] = line.exactly(&format!("{command} MODULE` or `{verb} KIND"))?;
        if word == command {
            modules.push(ModuleCalls { line: line.number, module: name.to_owned(), kinds: Vec::new() });
        } else if word == verb {
            let kind = line.kind(name)?;
            let module = modules.last_mut();
            module
                .ok_or_else(|| line.error(format!("a `{verb}` before the first `{command}`")))?
                .kinds
                .push(kind);
        } else {
            return Err(line.error(format!("unknown word `{word}`; words are {command} and {verb}")));
        }
    }
    Ok(modules)
}

/// One callback a line, under the kernel function that ran them all.
fn callbacks(lines: &[Line<'_>], function: &str) -> Result<Vec<String>, RecordingError> {
    let name = |line: &Line<'_>| line.exactly("callback").map(|[name]| name.to_owned());
    match lines {
        [first, rest @ ..] if first.text == function => rest.iter().map(name).collect(),
        [first, ..] => Err(first.error(format!("`{}` stands where `{function}` was expected", first.text))),
        [] => Ok(Vec::new()),
    }
}
