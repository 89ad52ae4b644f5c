//! Nightly runs: what is remembered, what is told, how it is handed over, and what a crash leaves behind.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::print_stdout,
    reason = "a test that cannot go on must stop"
)]

mod crash;
mod estate;
mod mail;
mod nights;
mod same;
mod told;
