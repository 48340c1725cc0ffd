//! The contract: the names that the judges look for.

use super::names::{Meaning, Scope};
use super::{Compiler, codes};
use crate::lang::ast::ItemKind;
use crate::lang::diagnostic::Diagnostic;
use crate::lang::source::Span;
use crate::machine::program::{Contract, FieldKind, Place, Thing};
use crate::machine::value::{PlaceType, Value};
use alloc::format;

/// The functions of the contract. The first four must be there.
pub(super) const FUNCTIONS: [(&str, Contract); 11] = [
    ("register_pernet_subsys", Contract::RegisterSubsys),
    ("register_pernet_device", Contract::RegisterDevice),
    ("unregister_pernet_subsys", Contract::UnregisterSubsys),
    ("unregister_pernet_device", Contract::UnregisterDevice),
    // With an id, in the era that had calls of their own for it.
    ("register_pernet_gen_subsys", Contract::RegisterSubsys),
    ("register_pernet_gen_device", Contract::RegisterDevice),
    ("unregister_pernet_gen_subsys", Contract::UnregisterSubsys),
    ("unregister_pernet_gen_device", Contract::UnregisterDevice),
    ("copy_net_ns", Contract::CopyNetNs),
    ("get_net", Contract::GetNet),
    ("put_net", Contract::PutNet),
];

impl Compiler<'_> {
    pub(super) fn check_contract(&mut self) {
        let span = self.unit.said;
        for name in ["ops", "net"] {
            match self.struct_index(name) {
                Some(index) if name == "ops" => self.roles.ops = index,
                Some(index) => self.roles.net = index,
                None => self.missing(&format!("`struct {name}`"), span),
            }
        }
        for (name, _) in &FUNCTIONS[..4] {
            let found = self.unit.protocol.iter().any(|item| match &item.kind {
                ItemKind::Fn(function) => function.name.text == *name,
                _ => false,
            });
            if !found {
                self.missing(&format!("`fn {name}(ops)`"), span);
            }
        }
        if !self.net_lines.is_empty() && !self.has_function("copy_net_ns") {
            let span = self.net_lines[0].1;
            let message = "a `net` line needs the protocol's `copy_net_ns()`, which there is not";
            self.error(
                Diagnostic::new(codes::CONTRACT, span, message)
                    .help("write it: it returns the new namespace or an error"),
            );
        }
        self.find_roles();
    }

    fn has_function(&self, name: &str) -> bool {
        self.unit
            .protocol
            .iter()
            .any(|item| matches!(&item.kind, ItemKind::Fn(function) if function.name.text == name))
    }

    fn missing(&mut self, what: &str, span: Option<Span>) {
        let message = format!("the protocol `{}` has no {what}", self.unit.name);
        let help = "the contract needs `struct ops`, `struct net` and the four register_ and unregister_pernet_ functions";
        let diagnostic = match span {
            Some(span) => Diagnostic::new(codes::CONTRACT, span, message),
            None => Diagnostic::without_place(codes::CONTRACT, message),
        };
        self.error(diagnostic.help(help));
    }

    fn find_roles(&mut self) {
        let ops = self.list_role("pernet_list", self.roles.ops);
        let net = self.list_role("net_list", self.roles.net);
        self.roles.pernet_list = ops.map(|(head, _)| head);
        self.roles.ops_link = ops.map(|(_, link)| link);
        self.roles.net_list = net.map(|(head, _)| head);
        self.roles.net_link = net.map(|(_, link)| link);
        if let Some(Meaning::Scalar { cell }) = self.names.find(Scope::Protocol, "first_device") {
            self.roles.first_device = Some(*cell);
        }
        if let Some(Meaning::Place(lock)) = self.names.find(Scope::Protocol, "rtnl_mutex")
            && let Place::Thing { thing: Thing::Mutex, .. } = self.places[usize::from(lock.ty().0)]
        {
            self.roles.rtnl_mutex = Some(*lock);
        }
        let callback = |name: &str| {
            self.callback_names.iter().position(|known| known == name).and_then(|at| u16::try_from(at).ok())
        };
        (self.roles.init, self.roles.exit, self.roles.exit_batch) =
            (callback("init"), callback("exit"), callback("exit_batch"));
    }

    /// A list of a struct by its name: its head, and the kind of link that it is made of.
    fn list_role(&self, name: &str, of: u16) -> Option<(Value, PlaceType)> {
        let Meaning::Place(head) = self.names.find(Scope::Protocol, name)? else { return None };
        let Place::Head { strukt, offset } = self.places[usize::from(head.ty().0)] else { return None };
        if strukt != of {
            return None;
        }
        let link = self.structs[usize::from(strukt)].fields.iter().find_map(|field| match field.kind {
            FieldKind::Address(ty) if self.places[usize::from(ty.0)] == Place::Link { strukt, offset } => {
                Some(ty)
            }
            _ => None,
        })?;
        Some((*head, link))
    }
}
