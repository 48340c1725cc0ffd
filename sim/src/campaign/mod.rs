//! Campaigns: more executions, or questions, than one sitting runs, cut into shards that any machine can run, again and again.
//!
//! The manifest says all. A shard is a pure function of it and the shard's number, so nobody has to keep track of anything:
//! what is not there is missing, what is there twice is equal, and results are a set union.

pub mod asked;
pub mod engine;
pub mod manifest;
pub mod merge;
pub mod query;
pub mod ranges;
pub mod run;
pub mod shard;
pub mod told;

pub use manifest::Manifest;
pub use merge::Merged;
pub use shard::Shard;
