//! How far long work has come: a bar on a terminal, plain lines elsewhere.

use std::io::IsTerminal;

use indicatif::{ProgressBar, ProgressStyle};

use crate::say::complain;

/// Work whose size is known.
pub(crate) struct Progress {
    bar: Option<ProgressBar>,
    what: &'static str,
    total: u64,
    done: u64,
    told: u64,
}

impl Progress {
    /// Work of this size.
    pub(crate) fn new(what: &'static str, total: u64) -> Self {
        let bar = std::io::stderr().is_terminal().then(|| {
            let bar = ProgressBar::new(total);
            let style = ProgressStyle::with_template("{msg} {wide_bar} {percent}% {eta}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()));
            bar.set_message(what);
            bar
        });
        Self {
            bar,
            what,
            total,
            done: 0,
            told: 0,
        }
    }

    /// This much more is done.
    pub(crate) fn advance(&mut self, by: u64) {
        self.done = self.done.saturating_add(by).min(self.total);
        if let Some(bar) = &self.bar {
            bar.set_position(self.done);
            return;
        }
        let percent = self.done.saturating_mul(100) / self.total.max(1);
        if percent >= self.told + 10 {
            self.told = percent - percent % 10;
            complain(&format!("{} {}%", self.what, self.told));
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}
