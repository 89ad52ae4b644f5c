//! The correlator against its rules: tables of small cases, the worked examples of the pattern language, and an
//! evaluator written from the rules alone that has to agree with the program on random worlds.

#![allow(unreachable_pub)]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr
)]

mod brute;
mod build;
mod property;
mod table;
mod worked;
