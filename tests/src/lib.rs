//! Why to believe it: what the tests share.

pub mod boot_scenario;
pub mod explore;
pub mod failing;
pub mod golden;
pub mod lab;
pub mod naive;
pub mod namespaces;
pub mod one_minimal;
pub mod planted;
pub mod recording;
pub mod runs;
pub mod side_by_side;
pub mod sketch;
pub mod small;
pub mod step_by_step;
pub mod surfaces;
pub mod watch;
