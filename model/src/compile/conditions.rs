//! The scenario's conditions, faults and times.

use super::names::{Meaning, Scope};
use super::{Compiler, codes};
use crate::judge::INVARIANTS;
use crate::lang::ast::{ConditionKind, Duration, Expr, ItemKind, Name, NumKind};
use crate::lang::diagnostic::Diagnostic;
use crate::lang::suggest::did_you_mean;
use crate::machine::finding::Kind;
use crate::machine::program::{Condition, TimeRange};
use crate::machine::verbs::{Fault, VERBS};
use alloc::format;
use alloc::string::{String, ToString};
use alloc::vec::Vec;

impl Compiler<'_> {
    pub(super) fn compile_conditions(&mut self) {
        for item in self.items() {
            let ItemKind::Condition { kind, label, exprs } = &item.kind else { continue };
            if let Some(label) = label {
                self.check_label(label);
            }
            for expr in exprs {
                self.compile_condition(*kind, label.as_ref(), expr);
            }
        }
        self.watched.sort_unstable();
    }

    fn check_label(&mut self, label: &Name) {
        let taken = INVARIANTS.iter().map(|row| row.name).chain(Kind::ALL.iter().map(|kind| kind.name()));
        let known = taken.chain(["always", "never", "sometimes", "finally"]).any(|name| name == label.text);
        if known || self.conditions.iter().any(|condition| condition.name == label.text) {
            let message = format!("`{}` already names something that `breaks` may say", label.text);
            self.error(Diagnostic::new(codes::BAD_LABEL, label.span, message).help("choose another label"));
        }
    }

    fn compile_condition(&mut self, kind: ConditionKind, label: Option<&Name>, expr: &Expr) {
        let compiled = self.pure(None, Scope::Scenario, expr);
        let word = match kind {
            ConditionKind::Always => "always",
            ConditionKind::Never => "never",
            ConditionKind::Sometimes => "sometimes",
            ConditionKind::Finally => "finally",
        };
        let name = label.map_or_else(|| word.to_string(), |label| label.text.clone());
        self.conditions.push(Condition {
            kind,
            name,
            text: self.text_of(expr),
            expr: compiled,
            span: expr.span,
        });
    }

    /// `faults N [in ...];`: at most one line.
    pub(super) fn read_faults(&mut self) {
        let mut first = None;
        for (scope, item) in self.scoped_items() {
            let ItemKind::Faults { budget, sites } = &item.kind else { continue };
            if let Some(earlier) = first {
                self.error(
                    Diagnostic::new(codes::SEVERAL_FAULTS, item.span, "a second `faults` line")
                        .note(earlier, "first here")
                        .help("say it once: `faults 2 in may, kzalloc;`"),
                );
                continue;
            }
            first = Some(item.span);
            let value = match &budget.kind {
                NumKind::Int(value) => Some(*value),
                NumKind::Const(name) => self.constant(name, scope),
            };
            match value {
                Some(value @ 0..=1_000_000) => self.faults = Some((value, sites.clone())),
                _ => {
                    let message = "a number of faults is 0 to 1000000";
                    self.error(
                        Diagnostic::new(codes::BAD_COUNT, budget.span, message)
                            .help("write a number or a constant"),
                    );
                }
            }
            for site in sites {
                self.check_site(site);
            }
        }
    }

    fn check_site(&mut self, site: &Name) {
        let verbs = VERBS.iter().filter(|verb| verb.fault == Fault::Fails).map(|verb| verb.name);
        let functions = self.functions.iter().map(|function| function.name.as_str());
        let known: Vec<&str> = verbs
            .chain(["may", "kill"])
            .chain(functions)
            .chain(self.callback_names.iter().map(String::as_str))
            .collect();
        if known.contains(&site.text.as_str()) {
            return;
        }
        let help = match did_you_mean(&site.text, known.iter().copied()) {
            Some(near) => format!("did you mean `{near}`?"),
            None => "name `may`, `kill`, a verb that can fail, a function or a callback".to_string(),
        };
        let message = format!("`{}` is nothing that can fail", site.text);
        self.error(Diagnostic::new(codes::UNKNOWN_SITE, site.span, message).help(help));
    }

    pub(super) fn compile_times(&mut self) {
        for (scope, item) in self.scoped_items() {
            let ItemKind::Time { target, member, lo, hi } = &item.kind else { continue };
            self.compile_time(scope, target, member.as_ref(), (*lo, hi.unwrap_or(*lo)));
        }
    }

    fn compile_time(
        &mut self,
        scope: Scope,
        target: &Name,
        member: Option<&Name>,
        (lo, hi): (Duration, Duration),
    ) {
        if hi.ns < lo.ns {
            let message = "the range of time ends before it begins";
            self.error(
                Diagnostic::new(codes::EMPTY_TIME, hi.span, message).help("write the shorter time first"),
            );
        }
        let is_callback = |name: &Name| self.callback_names.contains(&name.text);
        let meaning = self.names.find(scope, &target.text);
        let known = match member {
            Some(member) => {
                matches!(meaning, Some(Meaning::Place(_) | Meaning::Array { .. })) && is_callback(member)
            }
            None => {
                is_callback(target)
                    || VERBS.iter().any(|verb| verb.name == target.text)
                    || target.text == "wait_for"
                    || matches!(meaning, Some(Meaning::Task { .. } | Meaning::Function(_)))
            }
        };
        let name =
            member.map_or_else(|| target.text.clone(), |member| format!("{}.{}", target.text, member.text));
        if !known {
            let verbs =
                VERBS.iter().map(|verb| verb.name).chain(self.callback_names.iter().map(String::as_str));
            let near = self.names.suggest(scope, &target.text, verbs).map(ToString::to_string);
            let help = match near.filter(|near| *near != target.text) {
                Some(near) => format!("did you mean `{near}`?"),
                None => {
                    "name a verb, a callback, `ops.callback`, a task, or the function of a work".to_string()
                }
            };
            let message = format!("`{name}` is nothing that takes time");
            self.error(Diagnostic::new(codes::UNKNOWN_TIME, target.span, message).help(help));
            return;
        }
        let range = TimeRange { lo: lo.ns, hi: hi.ns };
        // A scenario's word on a thing replaces the protocol's.
        match self.times.iter_mut().find(|(known, _)| *known == name) {
            Some(known) => known.1 = range,
            None => self.times.push((name, range)),
        }
    }
}
