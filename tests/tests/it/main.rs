//! The one integration binary.

<<<<<<< HEAD
mod bad_input;
mod binary;
mod hostile;
=======
mod boot;
mod counts;
mod judges;
mod mutants;
mod properties;
mod verbs;
>>>>>>> main
