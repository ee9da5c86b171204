//! A running deadline: pauses with reason and end, reminders that climb, and how it ended.

use serde::{Deserialize, Serialize};

use crate::When;
use crate::regime::{Pausable, Regime};

/// A time for which a clock stands still.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pause {
    /// From when.
    pub from: When,
    /// Until when at the latest: there is no pause without an end.
    pub until: When,
    /// Why.
    pub reason: String,
}

/// A deadline in a case.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Clock {
    /// Its rule.
    pub regime: Regime,
    /// Since when it runs.
    pub started: When,
    /// When it is due without pauses.
    due: When,
    pauses: Vec<Pause>,
    met: Option<When>,
}

/// How a clock stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Standing {
    /// It runs.
    Running {
        /// Until then.
        due: When,
    },
    /// It stands still.
    Paused {
        /// Until then.
        until: When,
    },
    /// What was due was not done.
    Overdue {
        /// Since then.
        since: When,
    },
    /// Done in time.
    Met {
        /// When.
        at: When,
    },
    /// Done, too late.
    MetLate {
        /// When.
        at: When,
        /// When it had been due.
        due: When,
    },
}

/// Whom a reminder goes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Rung {
    /// Half of the time is over.
    Owner,
    /// Three quarters are over.
    Coordinator,
    /// Nine tenths are over.
    Manager,
    /// It is overdue: again every day.
    Group,
}

/// A reminder.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Reminder {
    /// When it is to go out.
    pub at: When,
    /// To whom.
    pub to: Rung,
}

/// What cannot be done with a clock.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ClockError {
    /// The law knows no pause.
    #[error("{what} cannot be paused ({source_said})")]
    Never {
        /// What is due.
        what: &'static str,
        /// Where it is written.
        source_said: &'static str,
    },
    /// The pause has no time in it.
    #[error("the pause ends at {until}, not after its beginning at {from}")]
    NoEnd {
        /// Its beginning.
        from: When,
        /// Its end.
        until: When,
    },
    /// No reason.
    #[error("say why the clock is paused")]
    NoReason,
    /// It does not run.
    #[error("{what} is paused until {until} already")]
    Paused {
        /// What is due.
        what: &'static str,
        /// Until when.
        until: When,
    },
    /// It is over.
    #[error("{what} was done at {at}")]
    Met {
        /// What was due.
        what: &'static str,
        /// When it was done.
        at: When,
    },
    /// It is too late for a pause.
    #[error("{what} was due at {due}: a pause does not mend that")]
    Overdue {
        /// What was due.
        what: &'static str,
        /// When.
        due: When,
    },
}

const DAY: i64 = 86_400_000;

impl Clock {
    /// A clock that begins to run.
    pub const fn start(regime: Regime, started: When, due: When) -> Self {
        Self {
            regime,
            started,
            due,
            pauses: Vec::new(),
            met: None,
        }
    }

    /// The pauses, the oldest first.
    pub fn pauses(&self) -> &[Pause] {
        &self.pauses
    }

    /// When it is due: the rule's time, moved by the pauses.
    pub fn due(&self) -> When {
        self.after_active(self.due.millis() - self.started.millis())
    }

    /// How it stands at a time.
    pub fn standing(&self, now: When) -> Standing {
        let due = self.due();
        match self.met {
            Some(at) if at <= due => Standing::Met { at },
            Some(at) => Standing::MetLate { at, due },
            None => match self
                .pauses
                .last()
                .filter(|p| p.from <= now && now < p.until)
            {
                Some(pause) => Standing::Paused { until: pause.until },
                None if due < now => Standing::Overdue { since: due },
                None => Standing::Running { due },
            },
        }
    }

    /// Stands still from now until a time at the latest.
    pub fn pause(&mut self, now: When, until: When, reason: &str) -> Result<(), ClockError> {
        let rule = self.regime.rule();
        let what = rule.what;
        match rule.pausable {
            Pausable::Never => {
                return Err(ClockError::Never {
                    what,
                    source_said: rule.source,
                });
            }
            Pausable::WithReason => {}
        }
        match self.standing(now) {
            Standing::Running { .. } => {}
            Standing::Paused { until } => return Err(ClockError::Paused { what, until }),
            Standing::Overdue { since } => return Err(ClockError::Overdue { what, due: since }),
            Standing::Met { at } | Standing::MetLate { at, .. } => {
                return Err(ClockError::Met { what, at });
            }
        }
        if until <= now {
            return Err(ClockError::NoEnd { from: now, until });
        }
        if reason.trim().is_empty() {
            return Err(ClockError::NoReason);
        }
        self.pauses.push(Pause {
            from: now,
            until,
            reason: reason.to_owned(),
        });
        Ok(())
    }

    /// Goes on before the pause's end; nothing happens when it runs.
    pub fn resume(&mut self, now: When) {
        let paused = matches!(self.standing(now), Standing::Paused { .. });
        if let Some(pause) = self.pauses.last_mut().filter(|_| paused) {
            pause.until = now;
        }
    }

    /// What was due is done. Said twice, the first time counts.
    pub fn meet(&mut self, now: When) {
        self.met.get_or_insert(now);
    }

    /// The severity or the policy changed: the same beginning, another end.
    pub fn move_due(&mut self, due: When) {
        self.due = due;
    }

    /// The reminders that are to go out after one time, and not after another: none once it is met.
    pub fn reminders(&self, after: When, until: When) -> Vec<Reminder> {
        let whole = self.due.millis() - self.started.millis();
        let share = |percent: i64| self.after_active(whole / 100 * percent);
        let mut all = vec![
            Reminder {
                at: share(50),
                to: Rung::Owner,
            },
            Reminder {
                at: share(75),
                to: Rung::Coordinator,
            },
            Reminder {
                at: share(90),
                to: Rung::Manager,
            },
        ];
        let mut late = self.due();
        if late < after {
            late = late.plus_millis((after.millis() - late.millis()) / DAY * DAY);
        }
        while late <= until {
            all.push(Reminder {
                at: late,
                to: Rung::Group,
            });
            late = late.plus_millis(DAY);
        }
        let ended = self.met.unwrap_or(until).min(until);
        all.retain(|r| after < r.at && r.at <= ended);
        all
    }

    /// When the next reminder after a time is to go out; none once it is met.
    pub fn next_reminder(&self, after: When) -> Option<When> {
        let until = self.due().max(after).plus_millis(DAY);
        self.reminders(after, until).iter().map(|r| r.at).min()
    }

    /// The time at which it has run for so many milliseconds.
    fn after_active(&self, millis: i64) -> When {
        let mut at = self.started.plus_millis(millis);
        for pause in self.pauses.iter().filter(|p| p.from >= self.started) {
            if pause.from < at {
                at = at.plus_millis(pause.until.millis() - pause.from.millis());
            }
        }
        at
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(hours: i64) -> When {
        When::from_millis(1_795_000_000_000).plus_hours(hours)
    }

    #[test]
    fn a_pause_moves_the_end_and_an_early_resume_moves_it_less() {
        let mut clock = Clock::start(Regime::CveAnswer, at(0), at(72));
        clock
            .pause(at(10), at(34), "waiting for the reporter")
            .unwrap();
        assert_eq!(clock.due(), at(96));
        assert_eq!(clock.standing(at(20)), Standing::Paused { until: at(34) });
        clock.resume(at(22));
        assert_eq!(clock.due(), at(84));
        assert_eq!(clock.standing(at(85)), Standing::Overdue { since: at(84) });
        clock.meet(at(90));
        assert_eq!(
            clock.standing(at(99)),
            Standing::MetLate {
                at: at(90),
                due: at(84)
            }
        );
    }

    #[test]
    fn a_pause_needs_a_reason_and_an_end_and_a_clock_that_knows_pauses() {
        let mut clock = Clock::start(Regime::CveAnswer, at(0), at(72));
        assert_eq!(clock.pause(at(1), at(2), " "), Err(ClockError::NoReason));
        assert!(matches!(
            clock.pause(at(2), at(2), "x"),
            Err(ClockError::NoEnd { .. })
        ));
        assert!(matches!(
            clock.pause(at(80), at(90), "x"),
            Err(ClockError::Overdue { .. })
        ));
        let mut law = Clock::start(Regime::CraWarning, at(0), at(24));
        let refused = law.pause(at(1), at(2), "holiday").unwrap_err().to_string();
        assert!(refused.contains("2024/2847"), "{refused}");
    }

    #[test]
    fn reminders_climb_and_stop_when_it_is_done() {
        let mut clock = Clock::start(Regime::CveAnswer, at(0), at(100));
        let to = |clock: &Clock, from, until| -> Vec<Rung> {
            clock
                .reminders(at(from), at(until))
                .iter()
                .map(|r| r.to)
                .collect()
        };
        assert_eq!(to(&clock, 0, 49), []);
        assert_eq!(to(&clock, 49, 80), [Rung::Owner, Rung::Coordinator]);
        assert_eq!(
            to(&clock, 80, 149),
            [Rung::Manager, Rung::Group, Rung::Group, Rung::Group]
        );
        assert_eq!(to(&clock, 1000, 1048), [Rung::Group, Rung::Group]);
        assert_eq!(clock.next_reminder(at(0)), Some(at(50)));
        assert_eq!(clock.next_reminder(at(90)), Some(at(100)));
        assert_eq!(clock.next_reminder(at(1000)), Some(at(1012)));
        clock.meet(at(95));
        assert_eq!(to(&clock, 80, 300), [Rung::Manager]);
        assert_eq!(clock.next_reminder(at(90)), None);
    }
}
