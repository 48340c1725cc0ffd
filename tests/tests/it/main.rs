//! The one integration binary.

mod boot;
