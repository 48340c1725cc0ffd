//! Plain words for names that were drawn: `modprobe` for a task `t0` that registers something.

use super::edit::with_name;
use super::oracle::Oracle;
use super::story::Run;
use super::title::{Act, acts_of};
use model::lang::ast::{ItemKind, TypeKind};
use model::lang::lexer::lex;
use model::lang::parser::parse_file;
use model::lang::source::{FileId, SourceMap};

/// Names of tasks, by what they do.
const TASKS: [(Act, &[&str]); 5] = [
    (Act::Register, &["modprobe", "insmod", "loader"]),
    (Act::Unregister, &["rmmod", "unloader"]),
    (Act::Create, &["unshare", "clone_ns", "ip_netns_add"]),
    (Act::Destroy, &["exit_ns", "last_owner"]),
    (Act::Other, &["user", "reader", "walker"]),
];
const DEVICES: &[&str] = &["veth", "ipip", "bridge"];
const SUBSYS: &[&str] = &["ipv4", "nf_tables", "fib"];
const NETS: &[&str] = &["a", "b", "c"];

/// Gives drawn names plain ones, one after the other, as long as the run stays what it is; and why it is a finding, in
/// these names.
pub fn plain(oracle: &Oracle<'_>, text: &str, run: &Run) -> (String, String) {
    let (mut text, mut why) = (text.to_string(), run.why.clone());
    let mut condition = oracle.condition.clone();
    for (name, words) in drawn(&text) {
        let taken: Vec<_> = lex(&text, FileId(0)).tokens;
        let is_free = |word: &&&str| !taken.iter().any(|token| token.kind.is_word(word));
        let Some(word) = words.iter().find(is_free) else { continue };
        let renamed = with_name(&text, &name, word);
        let says = condition.as_ref().map(|condition| with_name(condition, &name, word));
        let same = oracle.with_condition(says.clone()).repeat(&renamed, &run.picks);
        if let Some(same) = same.filter(|same| (same.steps, same.switches) == (run.steps, run.switches)) {
            (text, condition, why) = (renamed, says, same.why);
        }
    }
    (text, why)
}

/// Names that were drawn, and words for them.
fn drawn(text: &str) -> Vec<(String, &'static [&'static str])> {
    let mut sources = SourceMap::default();
    let file = sources.add("", text);
    let (tree, _) = parse_file(&sources, file);
    let mut all = Vec::new();
    let mut add = |name: &str, words| {
        if is_drawn(name) {
            all.push((name.to_string(), words));
        }
    };
    for item in &tree.items {
        match &item.kind {
            ItemKind::Task { name, .. } => {
                let act = acts_of(&tree, &name.text).first().copied().unwrap_or(Act::Other);
                let words = TASKS.iter().find(|(of, _)| *of == act).map_or(&[][..], |(_, words)| words);
                add(&name.text, words);
            }
            ItemKind::Decl(decl) => {
                for var in &decl.vars {
                    let name = var.name.text.as_str();
                    match &decl.ty.kind {
                        TypeKind::Struct(ty) if ty == "net" => add(name, NETS),
                        TypeKind::Struct(ty) if ty == "ops" => {
                            let device = text.contains(&format!("register_pernet_device({name})"));
                            add(name, if device { DEVICES } else { SUBSYS });
                        }
                        _ => {}
                    }
                }
            }
            _ => {}
        }
    }
    all
}

/// `t0`, `task12`, `o1`: a word that says nothing, and a number.
fn is_drawn(name: &str) -> bool {
    let word = name.trim_end_matches(|c: char| c.is_ascii_digit());
    word.len() < name.len() && (word.len() <= 1 || ["task", "ops", "net", "given"].contains(&word))
}
