//! A search that ends with the layer in which everything that was wanted has been found.

use super::expand::{Expand, State};
use super::out::Out;
use model::machine::Room;
use std::sync::atomic::{AtomicU32, Ordering};

/// Names of findings, each with the fewest steps of a parent that leads to one.
#[derive(Debug)]
pub struct Wanted(Vec<(String, AtomicU32)>);

impl Wanted {
    /// Nothing is found yet.
    pub fn new(names: &[String]) -> Self {
        Self(names.iter().map(|name| (name.clone(), AtomicU32::new(u32::MAX))).collect())
    }

    /// Was all found from parents that lie nearer than this?
    fn is_found(&self, depth: u32) -> bool {
        self.0.iter().all(|(_, known)| known.load(Ordering::Relaxed) < depth)
    }
}

/// Expands as another one does until all is found. Threads of one layer need not see what the others found: parents of
/// that layer are expanded in any case.
#[derive(Clone, Debug)]
pub struct Until<'a, E> {
    expand: E,
    wanted: &'a Wanted,
}

impl<'a, E> Until<'a, E> {
    /// Until these are found.
    pub const fn new(expand: E, wanted: &'a Wanted) -> Self {
        Self { expand, wanted }
    }
}

impl<E: Expand> Expand for Until<'_, E> {
    fn expand(&mut self, parent: &State<'_>, out: &mut Out) -> Result<(), Room> {
        if self.wanted.is_found(parent.steps) {
            return Ok(());
        }
        let before = out.met.found.len();
        self.expand.expand(parent, out)?;
        for found in &out.met.found[before..] {
            for (_, known) in self.wanted.0.iter().filter(|(name, _)| *name == found.finding.name) {
                known.fetch_min(parent.steps, Ordering::Relaxed);
            }
        }
        Ok(())
    }
}
