//! How we look: picks, schedulers, the engine, search, timed runs, replay, reports and the command line.
//!
//! A question is asked with [`ask::ask`], or from plain texts with [`run_text`]; what comes back is a value. Only
//! [`cli`] touches files, the environment, the wall clock or the terminal. `README.md` beside this crate says what is
//! deliberately not here.

pub mod codes;
pub mod counterexample;
pub mod enabled;
pub mod engine;
pub mod library;
pub mod limit;
pub mod odometer;
mod phrase;
pub mod pick;
pub mod question;
pub mod replay;
pub mod rng;
pub mod room;
pub mod sample;
pub mod schedule;
pub mod scheduler;
pub mod search;
pub mod table;
pub mod timed;
pub mod trace;
