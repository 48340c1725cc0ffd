//! The one integration binary.

mod boot;
mod verbs;
