//! From a state to the next ones that must be stored: every enabled task, then on by itself as far as that is sound.

use super::expand::{Expand, State, Steps};
use super::out::Out;
use crate::only::Only;
use crate::reduce::{Ahead, Reductions, Runner, Used};
use model::judge::orders::Orders;
use model::machine::{BootError, Program, Room, World, fingerprint};
use model::symmetry::Symmetry;

/// Goes on behind each step while the reductions allow it.
#[derive(Clone, Debug)]
pub struct Reduced<'p> {
    steps: Steps<'p>,
    runner: Runner,
    names: Names<'p>,
}

impl<'p> Reduced<'p> {
    /// Goes on from states that lie fewer than `max_steps` steps from the first.
    ///
    /// # Errors
    /// If the program cannot be booted.
    pub fn new(program: &'p Program, reductions: Reductions, max_steps: u64) -> Result<Self, BootError> {
        let mut world = World::boot(program, &mut ())?;
        // What is left of a world's states has few steps in common.
        world.forget_steps();
        Ok(Self {
            names: Names::new(&world, reductions),
            runner: Runner::new(program, reductions),
            steps: Steps::new(world, max_steps),
        })
    }

    /// Other findings end a schedule, and are not told.
    #[must_use]
    pub fn only(mut self, only: &Only) -> Self {
        self.steps.only = Some(only.clone());
        self
    }

    /// Which of the reductions are used, and what there is to say about the others.
    pub fn used(&self, wanted: Reductions) -> Used {
        let refused = self.runner.refused().filter(|_| wanted.movers);
        let symmetry = self.names.symmetry.as_ref();
        let alike = symmetry.map_or_else(Vec::new, |symmetry| symmetry.describe().to_vec());
        let movers = wanted.movers && refused.is_none();
        let reductions = Reductions { movers, symmetry: symmetry.is_some(), ..wanted };
        Used {
            reductions,
            alike,
            off: refused.map(|why| format!("without movers, since {why}")).into_iter().collect(),
        }
    }
}

impl Expand for Reduced<'_> {
    fn expand(&mut self, parent: &State<'_>, out: &mut Out) -> Result<(), Room> {
        let Self { steps, runner, names } = self;
        out.parent(parent);
        steps.each(parent, out, |world, out| {
            runner.run(world, parent.steps + 1, &mut Stored { names, out, parent })
        })
    }

    fn orders(&self) -> Option<&Orders> {
        self.steps.world.orders()
    }
}

/// Gives states that differ in names only the same ones.
#[derive(Clone, Debug)]
pub(super) struct Names<'p> {
    symmetry: Option<Symmetry<'p>>,
    cells: Vec<u32>,
}

impl<'p> Names<'p> {
    pub fn new(booted: &World<'p>, reductions: Reductions) -> Self {
        let symmetry = reductions.symmetry.then(|| Symmetry::of(booted)).filter(|found| !found.is_trivial());
        Self { symmetry, cells: Vec::new() }
    }

    /// The cells of a state's representative, if it may be another state.
    fn other(&mut self, world: &World<'_>) -> Option<&[u32]> {
        let symmetry = self.symmetry.as_mut()?;
        self.cells.clear();
        self.cells.extend_from_slice(world.cells());
        symmetry.canonical(&mut self.cells);
        Some(&self.cells)
    }

    /// The fingerprint of a state's representative.
    pub fn fingerprint(&mut self, world: &World<'_>) -> u128 {
        self.other(world).map_or_else(|| world.fingerprint(), fingerprint::of)
    }
}

struct Stored<'a, 'p> {
    names: &'a mut Names<'p>,
    out: &'a mut Out,
    parent: &'a State<'a>,
}

impl Ahead for Stored<'_, '_> {
    fn step(&mut self, world: &World<'_>) {
        self.out.transition();
        self.out.pass(world);
    }

    fn state(&mut self, world: &World<'_>, steps: u32) {
        match self.names.other(world) {
            None => self.out.step(self.parent, world, steps),
            Some(cells) => self.out.successor(&State::new(cells, steps)),
        }
    }
}
