//! Fuzzing: worlds drawn at random for a protocol, and schedules over them.
//!
//! A world is a scenario that uses the registry as it is meant to be used; so whatever breaks is the protocol's doing. It is
//! drawn from a row of small choices (`stream`), by what the protocol offers (`offers`), as a value (`world`, drawn by `draw`
//! and `acts`) that is written as a scenario (`text`, `callbacks`). Each is looked at (`look`); those that reach new places
//! are kept and changed (`corpus`, `mutate`).

mod acts;
mod callbacks;
pub mod corpus;
mod draw;
pub mod finding;
pub mod look;
mod mutate;
pub mod offers;
mod places;
mod protocol;
mod rounds;
#[cfg(feature = "proptest")]
pub mod strategy;
pub mod stream;
mod text;
mod waits;
pub mod world;

pub use protocol::{Drawn, FILE, Protocol};
pub use rounds::{BLOCK, Found, Fuzzed, Hear, Origin, Rounds, fuzz};
