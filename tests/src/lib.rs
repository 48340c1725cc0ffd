//! Why to believe it: what the tests share.
