//! The machine: compiled protocols and the worlds they run in, one shared access at a time.

mod access;
mod boot;
mod calls;
pub mod code;
mod digest;
mod end;
pub mod event;
pub mod finding;
pub mod fingerprint;
mod flow;
pub mod layout;
mod look;
mod memory;
mod names;
pub mod program;
pub mod pure;
pub mod readings;
mod remembered;
mod status;
pub mod step;
pub mod value;
pub mod verbs;
pub mod world;

pub use event::{Chance, Event, Picks, Watch};
pub use finding::Finding;
pub use layout::Room;
pub use names::{Doing, NetState};
pub use program::{Program, TaskId};
pub use remembered::Known;
pub use status::Status;
pub use value::Value;
pub use world::{BootError, Stop, World};
