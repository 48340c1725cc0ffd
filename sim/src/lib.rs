//! How we look.
