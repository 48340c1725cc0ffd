//! Which call registered which ops. The recorder saw the calls and the list, and never both at once: a call
//! tells its kind and at best the `init` that it ran, a list tells names. The rules that join them are here,
//! and a recording that leaves a choice is refused.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::{Kind, ListEntry, PROBE, Recording, RecordingError, RegisterCall};

/// A module, and the ops it registered or unregistered, in the order of the calls.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ModuleOps<'a> {
    /// The module's name.
    pub module: &'a str,
    /// Its ops. Each was registered as the kind that it has on the list.
    pub ops: Vec<&'a ListEntry>,
}

impl Recording {
    /// The ops that were registered during boot, in the order of the calls, which is not the order of the
    /// list.
    ///
    /// * A call that ran an `init` registered the one ops on the list with this `init`, of the call's kind.
    /// * The calls that ran none are joined with the ops that are left over, kind by kind, each in its own
    ///   order. Such an ops has no `init`, or one that cannot be traced; anything else is an error.
    /// * Every ops but the probe's must have its call.
    ///
    /// So the order of the named ones comes from the calls alone; the list has a say only in the order among
    /// the unnamed ones of one kind.
    pub fn boot_order(&self) -> Result<Vec<&ListEntry>, RecordingError> {
        let named: BTreeSet<&str> = self.boot_calls.iter().filter_map(|call| call.init.as_deref()).collect();
        let is_named =
            |ops: &ListEntry| ops.callbacks.init.as_deref().is_some_and(|init| named.contains(init));
        let rest = self.list_after_boot.iter().filter(|ops| ops.name != PROBE && !is_named(ops));
        let mut left = Left::new(rest.map(|ops| (ops.kind, ops)));

        let mut order = Vec::new();
        let mut seen = BTreeSet::new();
        for call in &self.boot_calls {
            let ops = match &call.init {
                Some(init) => self.with_init(call, init)?,
                None => self.unnamed(call, &mut left)?,
            };
            if ops.kind != call.kind {
                let cause = format!(
                    "call {} registered a {}, and `{}` is a {}",
                    call.n, call.kind, ops.name, ops.kind
                );
                return Err(error(call.line, cause));
            }
            if !seen.insert(ops.pos) {
                return Err(error(call.line, format!("call {} registered `{}` again", call.n, ops.name)));
            }
            order.push(ops);
        }
        left.must_be_empty()?;
        Ok(order)
    }

    /// The modules in the order they were loaded, with the ops that each registered.
    ///
    /// The list names the module of each ops. The calls of one module and kind are joined with its ops of
    /// that kind, each in its own order; there must be as many of the one as of the other. So the order
    /// between modules, and between the kinds of one module, comes from the calls alone; the order among
    /// several ops of one module and kind comes from the list, and a comparison with the list says nothing
    /// about it.
    pub fn load_order(&self) -> Result<Vec<ModuleOps<'_>>, RecordingError> {
        let of_modules =
            self.list_after_modules.iter().filter_map(|ops| Some(((ops.module.as_deref()?, ops.kind), ops)));
        let mut left = Left::new(of_modules);
        let mut order = Vec::new();
        for load in &self.loads {
            let module = load.module.as_str();
            let next = |&kind| {
                left.next(&(module, kind)).ok_or_else(|| {
                    error(load.line, format!("`{module}` registered more {kind} ops than the list has of it"))
                })
            };
            let ops = load.kinds.iter().map(next).collect::<Result<_, _>>()?;
            order.push(ModuleOps { module, ops });
        }
        left.must_be_empty()?;
        Ok(order)
    }

    /// The modules in the order they were unloaded, with the ops that each unregistered.
    ///
    /// A call is joined with the one ops that the module has of this kind. Of a module with several the
    /// recording does not tell which went first: an error.
    pub fn unload_order(&self) -> Result<Vec<ModuleOps<'_>>, RecordingError> {
        let mut order = Vec::new();
        for unload in &self.unloads {
            let module = unload.module.as_str();
            let only = |&kind: &Kind| {
                let is_its = |ops: &&ListEntry| ops.module.as_deref() == Some(module) && ops.kind == kind;
                let found: Vec<_> = self.list_after_modules.iter().filter(is_its).collect();
                match found[..] {
                    [ops] => Ok(ops),
                    [] => Err(error(unload.line, format!("`{module}` has no {kind} ops to unregister"))),
                    _ => Err(error(
                        unload.line,
                        format!(
                            "`{module}` has {} {kind} ops; which one it unregistered is not recorded",
                            found.len()
                        ),
                    )),
                }
            };
            let ops = unload.kinds.iter().map(only).collect::<Result<_, _>>()?;
            order.push(ModuleOps { module, ops });
        }
        Ok(order)
    }

    fn with_init(&self, call: &RegisterCall, init: &str) -> Result<&ListEntry, RecordingError> {
        let has_it = |ops: &&ListEntry| ops.callbacks.init.as_deref() == Some(init);
        let found: Vec<_> = self.list_after_boot.iter().filter(has_it).collect();
        match found[..] {
            [ops] => Ok(ops),
            [] => {
                Err(error(call.line, format!("call {} ran `{init}`, which no ops on the list has", call.n)))
            }
            [one, two, ..] => {
                let cause =
                    format!("call {} ran `{init}`, which `{}` and `{}` have", call.n, one.name, two.name);
                Err(error(call.line, cause))
            }
        }
    }

    fn unnamed<'a>(
        &self,
        call: &RegisterCall,
        left: &mut Left<'a, Kind>,
    ) -> Result<&'a ListEntry, RecordingError> {
        let ops = left.next(&call.kind).ok_or_else(|| {
            let cause = format!("call {} ran no init, and no {} ops is left to be its", call.n, call.kind);
            error(call.line, cause)
        })?;
        match &ops.callbacks.init {
            Some(init) if !self.untraceable.contains(init) => {
                let cause = format!(
                    "call {} ran no init, and the next {} ops, `{}`, has `{init}`",
                    call.n, ops.kind, ops.name
                );
                Err(error(call.line, cause))
            }
            _ => Ok(ops),
        }
    }
}

/// Ops that still wait for their call, in list order under what a call tells of them.
struct Left<'a, Key>(BTreeMap<Key, VecDeque<&'a ListEntry>>);

impl<'a, Key: Ord> Left<'a, Key> {
    fn new(ops: impl Iterator<Item = (Key, &'a ListEntry)>) -> Self {
        let mut left: BTreeMap<Key, VecDeque<_>> = BTreeMap::new();
        for (key, ops) in ops {
            left.entry(key).or_default().push_back(ops);
        }
        Self(left)
    }

    fn next(&mut self, key: &Key) -> Option<&'a ListEntry> {
        self.0.get_mut(key)?.pop_front()
    }

    fn must_be_empty(&self) -> Result<(), RecordingError> {
        match self.0.values().flatten().min_by_key(|ops| ops.pos) {
            None => Ok(()),
            Some(ops) => Err(error(ops.line, format!("`{}` is listed, and no call registered it", ops.name))),
        }
    }
}

fn error(line: usize, cause: String) -> RecordingError {
    RecordingError { line, cause }
}
