//! How long a group of commits waits for more to come along.

use std::time::Duration;

const PAUSE: Duration = Duration::from_micros(100);
const PAUSES: u32 = 3;

/// How many come at about the same time. One sync, and one sealing of the pages that they share, does for all of a group; a
/// group that is closed as soon as the last one is on disk holds only about half of those who are at it.
#[derive(Debug, Default)]
pub(crate) struct Company {
    lately: usize,
}

impl Company {
    /// Waits while more keep coming and fewer are here than lately came together; 0.3 ms at most. Who comes alone never waits.
    pub(crate) fn wait(&self, here: impl Fn() -> usize) {
        let mut last = here();
        for _ in 0..PAUSES {
            if last >= self.lately {
                return;
            }
            std::thread::park_timeout(PAUSE);
            let now = here();
            if now == last {
                return;
            }
            last = now;
        }
    }

    /// So many were in the group, and so many came while it was carried out.
    pub(crate) fn seen(&mut self, group: usize, since: usize) {
        self.lately = (group + since).max(self.lately - self.lately.div_ceil(8));
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;

    use super::*;

    /// How often a group with this history looks who is there, when one comes with each look.
    fn looks(history: &[(usize, usize)], here: usize) -> usize {
        let mut company = Company::default();
        for (group, since) in history {
            company.seen(*group, *since);
        }
        let asked = Cell::new(0);
        company.wait(|| {
            asked.set(asked.get() + 1);
            here + asked.get() - 1
        });
        asked.get()
    }

    #[test]
    fn who_comes_alone_does_not_wait_and_a_crowd_is_waited_for_as_long_as_it_comes() {
        assert_eq!(looks(&[], 1), 1);
        assert_eq!(looks(&[(1, 0)], 1), 1);
        assert_eq!(looks(&[(8, 8)], 16), 1);
        assert_eq!(looks(&[(8, 8)], 14), 3);
        assert_eq!(looks(&[(8, 8)], 1), 4);
        let then_alone = [[(8, 8)].as_slice(), &[(1, 0); 16]].concat();
        assert_eq!(looks(&then_alone, 1), 1);
    }

    #[test]
    fn a_group_to_which_nobody_comes_is_closed_after_the_first_pause() {
        let mut company = Company::default();
        company.seen(16, 0);
        let asked = Cell::new(0);
        company.wait(|| {
            asked.set(asked.get() + 1);
            1
        });
        assert_eq!(asked.get(), 2);
    }
}
