//! Hashing with a fixed number of workers and a bounded queue, so that a flood of sign-ins cannot take the machine: while
//! others wait, a worker rests twice as long as it worked, and so takes a third of a processor at most.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use argon2::Block;

use super::hash::{self, Cost, PasswordError, Stored, Verdict};

/// Makes and checks password hashes. Its calls take tens of milliseconds and wait for a worker: call them where waiting
/// is allowed (a blocking thread), never on the reactor.
pub struct Hasher {
    cost: Cost,
    /// Checked for accounts that do not exist or have no password, so that the answer takes as long.
    nobody: String,
    queue: Mutex<Queue>,
    freed: Condvar,
    most_waiting: usize,
}

/// How many times as long as it worked a worker rests, while others wait.
const REST: u32 = 2;
/// And this long at most: the work may have waited for a processor itself.
const LONGEST_REST: Duration = Duration::from_millis(200);

struct Queue {
    /// Workers that are idle, or rest.
    idle: Vec<Worker>,
    waiting: usize,
}

/// A worker's memory, and until when it rests.
#[derive(Default)]
struct Worker {
    memory: Vec<Block>,
    until: Option<Instant>,
}

impl Queue {
    /// A worker that does not rest; else how long until one does not.
    fn ready(&mut self) -> Result<Worker, Option<Duration>> {
        let now = Instant::now();
        let rest = |w: &Worker| w.until.map_or(Duration::ZERO, |u| u.duration_since(now));
        let first = self
            .idle
            .iter()
            .map(rest)
            .enumerate()
            .min_by_key(|(_, r)| *r);
        match first {
            Some((at, Duration::ZERO)) => Ok(self.idle.swap_remove(at)),
            Some((_, rest)) => Err(Some(rest)),
            None => Err(None),
        }
    }
}

/// Too many are waiting already: ask again in a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too many sign-ins at once: try again in a moment")]
pub struct Busy;

impl Hasher {
    /// With so many workers (each keeps its memory), and so many callers that may wait for one.
    pub fn new(cost: Cost, workers: usize, most_waiting: usize) -> Result<Self, PasswordError> {
        let mut memory = Vec::new();
        let nobody = hash::hash("nobody has this password", cost, &mut memory)?;
        let mut idle = vec![Worker {
            memory,
            until: None,
        }];
        idle.resize_with(workers.max(1), Worker::default);
        Ok(Self {
            cost,
            nobody,
            queue: Mutex::new(Queue { idle, waiting: 0 }),
            freed: Condvar::new(),
            most_waiting,
        })
    }

    /// A new hash to store.
    pub fn hash(&self, password: &str) -> Result<Result<String, PasswordError>, Busy> {
        self.with_worker(|memory| hash::hash(password, self.cost, memory))
    }

    /// Compares a password with a stored hash. Without one (no such account, no password) it works as long and
    /// answers [`Verdict::Wrong`].
    pub fn check(&self, password: &str, stored: Option<&str>) -> Result<Verdict, Busy> {
        let known = stored.and_then(Stored::parse);
        let nobody = known
            .is_none()
            .then(|| Stored::parse(&self.nobody))
            .flatten();
        self.with_worker(|memory| {
            // Longer than any password may be: the same work on a part of it, and never right.
            let cut = password
                .char_indices()
                .nth(super::MOST_CHARACTERS)
                .map(|(at, _)| at);
            let part = cut.and_then(|at| password.get(..at)).unwrap_or(password);
            match (&known, &nobody) {
                (Some(known), _) => match known.matches(part, memory) && cut.is_none() {
                    false => Verdict::Wrong,
                    true if known.is_made_with(self.cost) => Verdict::Right,
                    true => Verdict::RightButStale,
                },
                (None, Some(nobody)) => {
                    let _ = nobody.matches(part, memory);
                    Verdict::Wrong
                }
                (None, None) => Verdict::Wrong,
            }
        })
    }

    /// Whether who came now would be sent away: worth asking before anything else is done for them.
    pub fn is_full(&self) -> bool {
        let mut queue = self.lock();
        queue.waiting >= self.most_waiting
            && match queue.ready() {
                Ok(worker) => {
                    queue.idle.push(worker);
                    false
                }
                Err(_) => true,
            }
    }

    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn with_worker<T>(&self, work: impl FnOnce(&mut Vec<Block>) -> T) -> Result<T, Busy> {
        let mut worker = self.take()?;
        let start = Instant::now();
        let done = work(&mut worker.memory);
        let end = Instant::now();
        let mut queue = self.lock();
        let rest = (end.duration_since(start) * REST).min(LONGEST_REST);
        worker.until = (queue.waiting > 0).then(|| end + rest);
        queue.idle.push(worker);
        drop(queue);
        self.freed.notify_one();
        Ok(done)
    }

    fn take(&self) -> Result<Worker, Busy> {
        let mut queue = self.lock();
        let mut ready = queue.ready();
        if ready.is_err() && queue.waiting >= self.most_waiting {
            return Err(Busy);
        }
        queue.waiting += 1;
        loop {
            let rest = match ready {
                Ok(worker) => {
                    queue.waiting -= 1;
                    return Ok(worker);
                }
                Err(rest) => rest.unwrap_or(LONGEST_REST),
            };
            let waited = self.freed.wait_timeout(queue, rest);
            queue = waited.unwrap_or_else(PoisonError::into_inner).0;
            ready = queue.ready();
        }
    }
}

impl std::fmt::Debug for Hasher {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Hasher({:?})", self.cost)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::mpsc;

    use super::*;

    const CHEAP: Cost = Cost {
        memory_kib: 64,
        passes: 1,
    };

    #[test]
    fn n3_a_hash_of_another_cost_is_right_but_stale() {
        let old = Hasher::new(CHEAP, 1, 1).unwrap();
        let new = Hasher::new(Cost { passes: 2, ..CHEAP }, 1, 1).unwrap();
        let stored = old.hash("correct horse battery").unwrap().unwrap();
        let check =
            |hasher: &Hasher, password: &str| hasher.check(password, Some(&stored)).unwrap();
        assert_eq!(check(&old, "correct horse battery"), Verdict::Right);
        assert_eq!(check(&new, "correct horse battery"), Verdict::RightButStale);
        assert_eq!(check(&new, "wrong horse battery"), Verdict::Wrong);
        assert_eq!(
            old.check("nobody has this password", None),
            Ok(Verdict::Wrong)
        );
    }

    #[test]
    fn asvs_6_2_8_a_password_of_which_only_the_beginning_is_right_is_wrong() {
        let hasher = Hasher::new(CHEAP, 1, 1).unwrap();
        let whole = "x".repeat(super::super::MOST_CHARACTERS);
        let stored = hasher.hash(&whole).unwrap().unwrap();
        assert_eq!(hasher.check(&whole, Some(&stored)), Ok(Verdict::Right));
        assert_eq!(
            hasher.check(&format!("{whole}x"), Some(&stored)),
            Ok(Verdict::Wrong)
        );
    }

    #[test]
    fn under_a_flood_a_worker_rests_longer_than_it_works() {
        let hasher = Arc::new(Hasher::new(CHEAP, 1, 64).unwrap());
        let start = Instant::now();
        let flood: Vec<_> = (0..16)
            .map(|_| {
                let hasher = Arc::clone(&hasher);
                std::thread::spawn(move || {
                    let mut worked = Duration::ZERO;
                    for _ in 0..4 {
                        let time = |_: &mut Vec<Block>| {
                            let start = Instant::now();
                            while start.elapsed() < Duration::from_millis(2) {}
                            start.elapsed()
                        };
                        worked += hasher.with_worker(time).unwrap();
                    }
                    worked
                })
            })
            .collect();
        let worked: Duration = flood.into_iter().map(|t| t.join().unwrap()).sum();
        let share = worked.as_secs_f64() / start.elapsed().as_secs_f64();
        assert!(share < 0.45, "{share}");
    }

    #[test]
    fn who_finds_the_queue_full_is_sent_away() {
        let hasher = Arc::new(Hasher::new(CHEAP, 1, 0).unwrap());
        let (go, wait) = mpsc::channel::<()>();
        let (began, begun) = mpsc::channel::<()>();
        let busy = Arc::clone(&hasher);
        let worker = std::thread::spawn(move || {
            busy.with_worker(|_| {
                began.send(()).unwrap();
                wait.recv().unwrap();
            })
        });
        begun.recv().unwrap();
        assert!(hasher.is_full());
        assert_eq!(hasher.check("anything at all", None), Err(Busy));
        go.send(()).unwrap();
        worker.join().unwrap().unwrap();
        assert!(!hasher.is_full());
        assert_eq!(hasher.check("anything at all", None), Ok(Verdict::Wrong));
    }
}
