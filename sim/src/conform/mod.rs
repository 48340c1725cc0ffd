//! Recordings of real kernels: could the model have done exactly this?
//!
//! The commands of a recording are written as a scenario, and then a schedule of the era is looked for that produces the
//! recorded events: callbacks with their ops, namespaces, results and batches in their order, and of each task what it said.

pub mod answer;
pub mod command;
pub mod features;
pub mod follow;
pub mod heard;
pub mod kernel;
pub mod note;
mod ops;
mod page;
mod parse;
pub mod recording;
mod script;
pub mod stage;
pub mod track;

pub use answer::{Answer, conform};
pub use recording::Recording;
