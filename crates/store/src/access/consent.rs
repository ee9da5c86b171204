//! What a patient's Consent denies, as rows (R4 Consent.provision: nested provisions are exceptions to the one that
//! they are in). What cannot be compared (codes of content, data periods) makes a denial wider and a permission void:
//! a doubt never opens anything.

use aceso_fhir::Value;
use aceso_fhir::search::{BEGINNING, END, date_span};

use super::Deny;
use super::label::of_security;
use super::part::UNKNOWN;
use crate::key::{Keys, kind_code};

/// A rule makes at most this many rows; beyond, a denial becomes wider and a permission void.
const MOST_ROWS: usize = 256;
const DEEPEST: usize = 8;

/// Stands for purposes that nobody here ever has.
pub(super) const OTHER_PURPOSE: i64 = 99;

/// A purpose of use as a number.
pub(crate) fn purpose_number(code: &str) -> i64 {
    match code {
        "TREAT" | "COC" | "CAREMGT" => 1,
        "ETREAT" | "BTG" => 2,
        "HPAYMT" | "CLMATTCH" | "COVAUTH" => 3,
        "HOPERAT" => 4,
        "PATRQT" => 5,
        "HSYSADMIN" => 6,
        "HLEGAL" => 7,
        _ => OTHER_PURPOSE,
    }
}

/// What a rule asks for; an absent list asks for nothing.
#[derive(Clone)]
struct Asks {
    actors: Option<Vec<i64>>,
    kinds: Option<Vec<i64>>,
    labels: Option<Vec<i64>>,
    purposes: Option<Vec<i64>>,
    items: Option<Vec<i64>>,
    since: i64,
    until: i64,
    /// It asks for something that cannot be compared.
    vague: bool,
}

/// The rows of `deny` that a resource gives, in order.
pub(crate) fn deny(
    keys: &Keys,
    kind: &str,
    key: i64,
    document: &Value,
    patients: &[i64],
) -> Vec<Deny> {
    let research = document.get("scope").is_some_and(|scope| {
        let codes = scope.items_at("coding");
        let is = |c: &Value| matches!(c.str_at("code"), Some("research" | "adr"));
        !codes.is_empty() && codes.iter().all(is)
    });
    if kind != "Consent" || document.str_at("status") != Some("active") || research {
        return Vec::new();
    }
    let Some(provision) = document.get("provision") else {
        return Vec::new();
    };
    let mut walk = Walk {
        keys,
        rules: Vec::new(),
        next: 1,
    };
    let all = Asks {
        actors: None,
        kinds: None,
        labels: None,
        purposes: None,
        items: None,
        since: BEGINNING,
        until: END,
        vague: false,
    };
    walk.provision(provision, &all, 0, 0);
    let known = patients.iter().copied().filter(|p| *p != UNKNOWN);
    let mut rows: Vec<Deny> = known
        .flat_map(|patient| {
            let with = move |row: &[i64; 10]| {
                let [permit, rule, parent, rest @ ..] = *row;
                let [actor, kind, label, purpose, item, since, until] = rest;
                [
                    patient, permit, key, rule, parent, actor, kind, label, purpose, item, since,
                    until,
                ]
            };
            walk.rules.iter().map(with).collect::<Vec<_>>()
        })
        .collect();
    rows.sort_unstable();
    rows.dedup();
    rows
}

struct Walk<'a> {
    keys: &'a Keys,
    /// permit, rule, parent, actor, kind, label, purpose, item, since, until
    rules: Vec<[i64; 10]>,
    next: i64,
}

impl Walk<'_> {
    fn provision(&mut self, provision: &Value, outer: &Asks, parent: i64, depth: usize) {
        let rule = self.next;
        self.next += 1;
        let permit = i64::from(provision.str_at("type") == Some("permit"));
        let asks = self.asks(provision, outer);
        if concerns_reading(provision) && !(permit == 1 && asks.vague) {
            self.rows(&asks, permit, rule, parent);
        }
        if depth < DEEPEST {
            for inner in provision.items_at("provision") {
                self.provision(inner, &asks, rule, depth + 1);
            }
        }
    }

    fn asks(&self, provision: &Value, outer: &Asks) -> Asks {
        let period = provision.get("period");
        let bound = |name| period.and_then(|p| p.str_at(name)).and_then(date_span);
        let mut asks = Asks {
            since: bound("start").map_or(outer.since, |(lo, _)| lo.max(outer.since)),
            until: bound("end").map_or(outer.until, |(_, hi)| hi.min(outer.until)),
            ..outer.clone()
        };
        let given = |name: &str| !provision.items_at(name).is_empty();
        asks.vague |= given("code") || provision.get("dataPeriod").is_some();
        let actors = provision.items_at("actor").iter();
        let actors: Vec<Option<i64>> = actors.flat_map(|a| self.actors(a)).collect();
        narrow(&mut asks.actors, actors, &mut asks.vague);
        let codes = |name: &str| -> Vec<&str> {
            let all = provision.items_at(name).iter();
            all.map(|c| c.str_at("code").unwrap_or_default()).collect()
        };
        let kinds = codes("class")
            .into_iter()
            .map(|c| kind_code(c).map(i64::from));
        narrow(&mut asks.kinds, kinds.collect(), &mut asks.vague);
        let labels = codes("securityLabel").into_iter();
        let labels = labels.map(|c| of_security(c).map(|l| i64::from(l.number())));
        narrow(&mut asks.labels, labels.collect(), &mut asks.vague);
        let purposes = codes("purpose")
            .into_iter()
            .map(|c| Some(purpose_number(c)));
        narrow(&mut asks.purposes, purposes.collect(), &mut asks.vague);
        let items = provision.items_at("data").iter().map(|data| {
            let text = data.get("reference")?.str_at("reference")?;
            let (kind, id) = text.split_once('/')?;
            Some(self.keys.of(kind, id))
        });
        narrow(&mut asks.items, items.collect(), &mut asks.vague);
        asks
    }

    /// Who is meant: the one referred to, and everybody in a role of ours that the actor's role names.
    fn actors(&self, actor: &Value) -> Vec<Option<i64>> {
        let roles = actor.get("role").map_or(&[][..], |r| r.items_at("coding"));
        let ours = roles
            .iter()
            .filter(|c| c.str_at("system") == Some(super::guard::ROLE_SYSTEM));
        let mut found: Vec<Option<i64>> = ours
            .filter_map(|c| c.str_at("code"))
            .map(|code| Some(self.keys.code(code)))
            .collect();
        let reference = actor.get("reference").and_then(|r| r.str_at("reference"));
        match reference.and_then(|r| r.split_once('/')) {
            Some((kind, id)) => found.push(Some(self.keys.of(kind, id))),
            None if found.is_empty() => found.push(None),
            None => {}
        }
        found
    }

    fn rows(&mut self, asks: &Asks, permit: i64, rule: i64, parent: i64) {
        let some = |list: &Option<Vec<i64>>, any: i64| list.clone().unwrap_or(vec![any]);
        let (actors, purposes) = (some(&asks.actors, 0), some(&asks.purposes, 0));
        let mut kinds = some(&asks.kinds, -1);
        let (mut labels, mut items) = (some(&asks.labels, 0), some(&asks.items, 0));
        let size = |lists: &[&Vec<i64>]| lists.iter().map(|l| l.len()).product::<usize>();
        if size(&[&actors, &purposes, &kinds, &labels, &items]) > MOST_ROWS {
            if permit == 1 {
                return;
            }
            (kinds, labels, items) = (vec![-1], vec![0], vec![0]);
        }
        for actor in &actors {
            for kind in &kinds {
                for label in &labels {
                    for purpose in &purposes {
                        for item in &items {
                            self.rules.push([
                                permit, rule, parent, *actor, *kind, *label, *purpose, *item,
                                asks.since, asks.until,
                            ]);
                        }
                    }
                }
            }
        }
    }
}

/// Narrows what is asked for by a list; an entry that cannot be compared makes it vague and asks for nothing.
fn narrow(asked: &mut Option<Vec<i64>>, list: Vec<Option<i64>>, vague: &mut bool) {
    if list.is_empty() {
        return;
    }
    let Some(mut list) = list.into_iter().collect::<Option<Vec<i64>>>() else {
        *vague = true;
        return;
    };
    if let Some(outer) = asked {
        list.retain(|one| outer.contains(one));
    }
    *asked = Some(list);
}

fn concerns_reading(provision: &Value) -> bool {
    let actions = provision.items_at("action");
    let codes = || {
        actions
            .iter()
            .flat_map(|a| a.items_at("coding"))
            .filter_map(|c| c.str_at("code"))
    };
    actions.is_empty()
        || codes().next().is_none()
        || codes().any(|c| !matches!(c, "collect" | "correct"))
}

#[cfg(test)]
mod tests {
    use aceso_fhir::json;
    use aceso_vault::KeyedHash;

    use super::*;

    fn rules(provision: &str) -> Vec<(i64, i64, i64)> {
        let keys = Keys::new(KeyedHash::new([0; 16]));
        let text =
            format!(r#"{{"resourceType":"Consent","status":"active","provision":{provision}}}"#);
        let document = json::read(text.as_bytes()).unwrap();
        let rows = deny(&keys, "Consent", 9, &document, &[5]);
        rows.iter().map(|r| (r[1], r[3], r[4])).collect()
    }

    #[test]
    fn exceptions_hang_on_the_rule_they_are_in() {
        let nested = r#"{"type":"deny","provision":[{"type":"permit","actor":[{"reference":{"reference":"Practitioner/a"}}]}]}"#;
        assert_eq!(rules(nested), [(0, 1, 0), (1, 2, 1)]);
    }

    #[test]
    fn what_cannot_be_compared_widens_a_denial_and_voids_a_permission() {
        assert_eq!(
            rules(r#"{"type":"deny","dataPeriod":{"start":"2020"}}"#),
            [(0, 1, 0)]
        );
        assert_eq!(
            rules(r#"{"type":"permit","dataPeriod":{"start":"2020"}}"#),
            []
        );
        assert_eq!(
            rules(r#"{"type":"deny","securityLabel":[{"code":"R"}]}"#),
            [(0, 1, 0)]
        );
    }

    #[test]
    fn too_many_combinations_become_one_wide_denial() {
        let classes: Vec<_> = (0..300).map(|_| r#"{"code":"Observation"}"#).collect();
        let many = format!(r#"{{"type":"deny","class":[{}]}}"#, classes.join(","));
        assert_eq!(rules(&many).len(), 1);
    }
}
