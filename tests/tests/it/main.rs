//! The one integration binary.

mod verbs;
