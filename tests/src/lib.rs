//! Why to believe it: what the tests share.

pub mod lab;
