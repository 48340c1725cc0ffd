//! Boot: the protocol's, then the `net` lines, then the scenario's.

use super::Compiler;
use super::builder::Builder;
use super::names::{Meaning, Scope};
use super::tasks::{BodyKind, Pending};
use crate::lang::ast::{Body, ItemKind};
use crate::lang::source::{FileId, Span};
use crate::machine::code::{Arg, NOWHERE, Op};
use crate::machine::program::Function;
use crate::machine::value::Value;
use alloc::string::ToString;
use alloc::vec::Vec;

impl Compiler<'_> {
    pub(super) fn compile_boot(&mut self) {
        let mut parts: Vec<(u16, Scope, &Body)> = Vec::new();
        for (scope, item) in self.scoped_items() {
            if let ItemKind::Boot(body) = &item.kind {
                self.functions.push(part());
                let func = u16::try_from(self.functions.len() - 1).unwrap_or(u16::MAX);
                parts.push((func, scope, body));
            }
        }
        for &(func, scope, body) in &parts {
            self.compile_body(&Pending { func, scope, params: &[], body, kind: BodyKind::Boot }, false);
        }
        let func = self.boot.expect("it was declared");
        let mut b = self.begin(func, Scope::Protocol, Span { file: FileId(0), lo: 0, hi: 0 });
        self.call_parts(&mut b, &parts, Scope::Protocol);
        if let Some(Meaning::Function(create)) = self.names.find(Scope::Protocol, "copy_net_ns").cloned() {
            let net = b.slot("");
            for (cell, span) in self.net_lines.clone() {
                b.span = span;
                let args = self.operand_list(&[]);
                self.emit(&b, Op::Call { func: create, dst: net, args, frame: 0 });
                self.emit(&b, Op::StoreGlobal { cell, src: Arg::slot(net) });
            }
        }
        self.call_parts(&mut b, &parts, Scope::Scenario);
        let zero = self.constant_arg(Value::NULL);
        self.emit_return(&mut b, zero);
        self.finish(b);
    }

    fn call_parts(&mut self, b: &mut Builder, parts: &[(u16, Scope, &Body)], scope: Scope) {
        for &(func, _, body) in parts.iter().filter(|(_, of, _)| *of == scope) {
            b.span = body.block.span;
            let args = self.operand_list(&[]);
            self.emit(b, Op::Call { func, dst: NOWHERE, args, frame: 0 });
        }
    }
}

fn part() -> Function {
    Function {
        name: "boot".to_string(),
        entry: 0,
        end: 0,
        params: 0,
        frame: 0,
        contract: None,
        callback: None,
        slots: Vec::new(),
    }
}
