//! Batches: each entry is a request of its own.

use tokio::task::JoinSet;

use crate::answer::Answer;
use crate::ask::Ask;
use crate::problem::{Answered, Problem};

use super::Entry;
use super::place;

/// So many entries of the same turn run side by side.
const ABREAST: usize = 16;

/// Runs the entries turn by turn; the answers are in the order of the entries.
pub(crate) async fn run(ask: &Ask, entries: Vec<Entry>) -> Vec<Answer> {
    let mut answers: Vec<Option<Answer>> = entries.iter().map(|_| None).collect();
    let mut entries = entries;
    entries.sort_by_key(Entry::turn);
    let mut running: JoinSet<(usize, Answer)> = JoinSet::new();
    let mut turn = 0;
    for entry in entries {
        let full = if entry.turn() == turn { ABREAST } else { 1 };
        turn = entry.turn();
        while running.len() >= full {
            keep(&mut answers, running.join_next().await);
        }
        let ask = ask.clone();
        running.spawn(async move { one(ask, entry).await });
    }
    while !running.is_empty() {
        keep(&mut answers, running.join_next().await);
    }
    // A place is empty only when its task panicked.
    let broken = || Problem::Hidden("an entry of a batch panicked".into()).answer(&ask.visit);
    answers
        .into_iter()
        .map(|answer| answer.unwrap_or_else(broken))
        .collect()
}

fn keep(
    answers: &mut [Option<Answer>],
    done: Option<Result<(usize, Answer), tokio::task::JoinError>>,
) {
    if let Some(Ok((index, answer))) = done
        && let Some(place) = answers.get_mut(index)
    {
        *place = Some(answer);
    }
}

async fn one(whole: Ask, mut entry: Entry) -> (usize, Answer) {
    let index = entry.index;
    let visit = whole.visit.clone();
    let answered = match entry.problem.take() {
        Some(problem) => Err(problem),
        None => act(whole, entry).await,
    };
    (
        index,
        answered.unwrap_or_else(|problem| problem.within(&place(index)).answer(&visit)),
    )
}

async fn act(whole: Ask, mut entry: Entry) -> Answered {
    let ask = entry.ask(&whole)?;
    crate::act_within(entry.act, ask).await
}
