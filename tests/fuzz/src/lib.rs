//! The surfaces under the fuzzer: the same text that `cargo test` runs over the inputs that were found.

#[path = "../../src/surfaces.rs"]
pub mod surfaces;
