//! The deployer's side: what of the published advisories concerns an installation and how soon it should act, and what it says
//! of itself to the makers' desk.

mod assess;
mod rollout;
mod statement;
mod urgency;

pub use assess::{Match, assess, key_of};
pub use rollout::{Heard, Progress, Rollout, SILENT_DAYS};
pub use statement::{
    Anonymous, Counters, LONGEST_STATEMENT, Level, MOST_STANDINGS, Receipt, SelfTest, Signed,
    Standing, StandingSaid, Statement, StatementError,
};
pub use urgency::{Exploited, ExploitedError, Urgency, urgency};
