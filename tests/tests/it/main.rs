//! The one integration binary.

mod counts;
