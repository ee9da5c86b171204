//! A disk and a clock that fail, for tests: loaded under the program (`LD_PRELOAD`), it stands in for the few functions of the C
//! library by which files are changed, keeps a journal of what was changed and what was synced, and fails when it is told to.
//! After the program was killed, the journal says what a disk that lost its power would not have kept.
//!
//! | variable | says |
//! |---|---|
//! | `ACESO_FAULTS_DIR` | files whose path begins with this are looked at |
//! | `ACESO_FAULTS_LOG` | the journal, if one is kept |
//! | `ACESO_FAULTS_RULES` | a file with rules (`rules.rs`), read again when it changes |
//!
//! It is no part of the program. Deliberately absent: any decision what survives; that is the test's.

mod clock;
mod disk;
mod files;
mod journal;
mod real;
mod rules;
