//! A disk, a clock and a memory that fail under the running program. Each test is a short round of a longer programme:
//! `cargo xtask faults` asks for more rounds and keeps the figures (`docs/reliability.md`).

mod clock;
mod errors;
mod flips;
mod memory;
mod power;
mod replay;
mod torn;
mod under;
