//! Why to believe it: what the tests share.

pub mod boot_scenario;
pub mod recording;
