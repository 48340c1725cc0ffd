//! Why to believe it: what the tests share.

pub mod explore;
pub mod golden;
pub mod lab;
pub mod naive;
pub mod sketch;
pub mod watch;
