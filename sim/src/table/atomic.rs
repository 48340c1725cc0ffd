//! The words that threads share. Another module of this name makes [`super::slots`] a model that every interleaving of
//! its accesses is tried on.

pub use std::sync::atomic::{AtomicU64, Ordering};
