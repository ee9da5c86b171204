//! People at work while something else is done: they write, read and search, and all that they ask for is answered.

use std::fmt;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::keys::patient;
use crate::wire::Wire;

/// How many at a time.
const PEOPLE: u32 = 16;
/// So many patients, `p0` and on, are there before.
pub(crate) const PATIENTS: u32 = 1500;

/// How long each of their requests took.
pub(crate) struct Load(Vec<Duration>);

impl Load {
    /// Beside `act`, until it ends.
    pub(crate) fn beside(address: &str, token: &str, act: impl FnOnce()) -> Self {
        let ended = AtomicBool::new(false);
        let mut times: Vec<Duration> = thread::scope(|scope| {
            let ended = &ended;
            let begin = |number| scope.spawn(move || at_work(number, address, token, ended));
            let people: Vec<_> = (0..PEOPLE).map(begin).collect();
            act();
            ended.store(true, Ordering::Relaxed);
            let all = people.into_iter().map(|one| one.join().unwrap());
            all.flatten().collect()
        });
        times.sort_unstable();
        assert!(times.len() > 80, "only {} requests", times.len());
        Self(times)
    }

    fn at(&self, percent: usize) -> u128 {
        let place = (self.0.len() * percent / 100).min(self.0.len() - 1);
        self.0[place].as_millis()
    }
}

impl fmt::Display for Load {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{} writes, reads and searches by {PEOPLE} at a time; none failed, half took {} ms, 99 of 100 {} ms, the slowest {} ms",
            self.0.len(),
            self.at(50),
            self.at(99),
            self.at(100)
        )
    }
}

fn at_work(number: u32, address: &str, token: &str, ended: &AtomicBool) -> Vec<Duration> {
    let mut wire = Wire::open(address, token).unwrap();
    let (mut n, mut times) = (0, Vec::new());
    while !ended.load(Ordering::Relaxed) {
        n += 1;
        let mut ask = |method: &str, path: &str, body: &[u8]| {
            let begin = Instant::now();
            let reply = wire.ask(method, path, &[], body).unwrap();
            times.push(begin.elapsed());
            assert!(matches!(reply.status, 200 | 201), "{}", reply.text());
            reply
        };
        let id = format!("w{number}-{}", n % 50);
        let path = format!("/fhir/Patient/{id}");
        let body = patient(&id, &format!("Load{n}"));
        ask("PUT", &path, &body);
        let read = ask("GET", &path, &[]);
        assert!(read.text().contains(&format!("Load{n}")));
        let old = format!("/fhir/Patient/p{}", n * 7 % PATIENTS);
        ask("GET", &old, &[]);
        ask("GET", "/fhir/Patient?family=Name1&_count=20", &[]);
    }
    times
}
