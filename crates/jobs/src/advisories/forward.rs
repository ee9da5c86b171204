//! The feed goes forward only, and nothing that was published disappears from it.

use aceso_desk::When;
use aceso_desk::advisory::Advisory;

use super::error::PullError;
use super::feed::Feed;

/// Refuses a feed that is older than the one before, or lacks or takes back what was in it.
pub fn forward(feed: &Feed, signed: Option<When>, known: &[Advisory]) -> Result<(), PullError> {
    if let Some(last) = signed.filter(|last| feed.signed < *last) {
        let (now, last) = (feed.signed.said(), last.said());
        let why =
            format!("it was rolled back: it was signed on {now}, one of {last} was seen before");
        return Err(PullError::refused("the feed", why));
    }
    for before in known {
        let why = match feed.listed.get(&before.id) {
            None => format!("{} was in it before and is not any more", before.id),
            Some(at) if *at < before.current => format!(
                "{} was rolled back: its version is of {}, one of {} was seen before",
                before.id,
                at.said(),
                before.current.said()
            ),
            Some(_) => continue,
        };
        return Err(PullError::refused("the feed", why));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(day: i64) -> When {
        When::from_millis(day * 86_400_000)
    }

    fn feed(signed: i64, advisories: &[(&str, i64)]) -> Feed {
        let listed = advisories
            .iter()
            .map(|(id, day)| ((*id).to_owned(), at(*day)));
        Feed {
            signed: at(signed),
            listed: listed.collect(),
            fetched: Vec::new(),
        }
    }

    fn known(advisories: &[(&str, i64)]) -> Vec<Advisory> {
        let one = |(id, day): &(&str, i64)| {
            serde_json::from_value(serde_json::json!({
                "id": id, "title": "t", "publisher": {"name": "p", "namespace": "https://p.example"},
                "status": "final", "version": "1", "initial": at(*day), "current": at(*day), "revisions": [],
            }))
            .unwrap()
        };
        advisories.iter().map(one).collect()
    }

    #[test]
    fn a_feed_goes_forward_only_and_loses_nothing() {
        let before = known(&[("A", 1), ("B", 5)]);
        let check = |next: Feed| forward(&next, Some(at(10)), &before);
        check(feed(10, &[("A", 1), ("B", 5)])).unwrap();
        for (bad, says) in [
            (feed(9, &[("A", 1), ("B", 5)]), "it was rolled back"),
            (feed(11, &[("A", 1)]), "B was in it before"),
            (feed(11, &[("A", 1), ("B", 4)]), "B was rolled back"),
        ] {
            let error = check(bad).unwrap_err().to_string();
            assert!(error.contains(says), "{error}");
        }
        check(feed(12, &[("A", 7), ("B", 5), ("C", 12)])).unwrap();
        forward(&feed(1, &[]), None, &[]).unwrap();
    }
}
