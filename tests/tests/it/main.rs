//! The one integration binary.

<<<<<<< HEAD
mod bad_input;
mod binary;
mod hostile;
=======
mod boot;
mod verbs;
>>>>>>> main
