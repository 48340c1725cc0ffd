//! What the peers of pernet-sim's benchmark have in common: the size of workload W, its data and asserts, its calls, and the
//! lines in which a peer answers.

pub mod calls;
pub mod counts;
pub mod registry;
pub mod w;
