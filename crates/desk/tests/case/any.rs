//! What no path through a case ever does.

use aceso_desk::case::*;
use aceso_desk::regime::Trigger;
use proptest::prelude::*;

use crate::kit::*;

/// Any act that anybody might try.
fn anything() -> impl Strategy<Value = (u8, What)> {
    let who = 0..9_u8;
    let party = (0..9_u8).prop_map(name);
    let text = (0..3_u8).prop_map(hash);
    let stage = prop::sample::select(Stage::WAY.to_vec());
    let what = prop_oneof![
        party
            .clone()
            .prop_map(|to| What::Shown { to, hash: hash(1) }),
        (
            party.clone(),
            prop::sample::subsequence(Role::ALL.to_vec(), 1..3)
        )
            .prop_map(|(party, roles)| What::Joined {
                party,
                roles: roles.into_iter().collect()
            }),
        (party.clone(), any::<bool>()).prop_map(|(party, yes)| What::NeedSet {
            party,
            need: if yes { Need::ToKnow } else { Need::No }
        }),
        any::<bool>().prop_map(|yes| What::ConflictSaid {
            conflict: if yes {
                Conflict::None
            } else {
                Conflict::Declared("x".into())
            }
        }),
        (1..40_i64).prop_map(|days| What::EmbargoProposed {
            terms: Terms {
                end: start().plus_days(days),
                text: "t".into()
            }
        }),
        Just(What::EmbargoAccepted),
        Just(What::EmbargoRefused { why: "w".into() }),
        Just(What::EmbargoActivated),
        Just(What::EmbargoDeclined { why: "w".into() }),
        Just(What::EmbargoExited { why: "w".into() }),
        prop::sample::select(vec![
            Bit::VendorAware,
            Bit::FixReady,
            Bit::PublicAware,
            Bit::AttacksSeen
        ])
        .prop_map(|bit| What::BitSet { bit }),
        (text.clone(), any::<bool>()).prop_map(|(hash, whole)| What::Drafted {
            draft: Draft {
                hash,
                errors: if whole { vec![] } else { vec!["e".into()] }
            }
        }),
        text.clone().prop_map(|hash| What::Approved { hash }),
        text.clone().prop_map(|hash| What::Published { hash }),
        (text, party).prop_map(|(hash, second)| What::EmergencyPublished {
            hash,
            second,
            why: "w".into(),
            to_follow: vec!["e".into()]
        }),
        stage.prop_map(|to| What::Moved { to }),
        (1..9_u64, 1..9_i64).prop_map(|(clock, days)| What::ClockPaused {
            clock,
            until: start().plus_days(30 + days),
            why: "w".into()
        }),
        (1..9_u64).prop_map(|clock| What::ClockResumed { clock }),
        (1..9_u64).prop_map(|clock| What::ClockMet {
            clock,
            evidence: "w".into()
        }),
        prop::sample::select(vec![
            Trigger::BreachKnown,
            Trigger::CveRequested,
            Trigger::PeopleAffected
        ])
        .prop_map(|trigger| What::Triggered { trigger }),
        Just(step(Step::LinksResolve)),
        Just(step(Step::NoticeReviewed)),
        Just(What::NoticeWaived { why: "w".into() }),
        Just(What::Withdrawn { why: "w".into() }),
    ];
    (who, what)
}

fn name(n: u8) -> PartyId {
    let names = [
        "mara", "olu", "dan", "tess", "cora", "rex", "vera", "finn", "nobody",
    ];
    id(names[usize::from(n) % names.len()])
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    /// From four points of a case, up to sixty acts of anybody in any order.
    #[test]
    fn no_path_breaks_what_a_desk_promises(from in 0..4_u8, acts in prop::collection::vec(anything(), 1..60)) {
        let mut desk = match from {
            0 => Desk::open(Proof::Present),
            1 => Desk::embargoed(Proof::Present),
            2 => ready(),
            _ => approved(),
        };
        for (who, what) in acts {
            let before = desk.case.clone();
            let PartyId(who) = name(who);
            let done = desk.try_as(&who, what.clone());
            let after = &desk.case;
            if done.is_err() {
                prop_assert_eq!(&before, after, "a refused act changes nothing");
                continue;
            }
            // A clock never disappears, nor does it forget when it began.
            for (number, clock) in &before.clocks {
                let now = after.clocks.get(number);
                prop_assert!(now.is_some_and(|c| c.started == clock.started && c.regime == clock.regime));
            }
            prop_assert!(before.bits.is_subset(&after.bits), "nothing becomes unknown again");
            match &what {
                What::Shown { to, .. } if before.embargo.holds() => {
                    prop_assert!(before.embargo.has_consent(to), "shown to {to:?} without consent");
                    prop_assert_eq!(before.people[to].need, Need::ToKnow);
                }
                What::Published { hash } => {
                    let draft = before.draft.as_ref().unwrap();
                    prop_assert_eq!(draft.draft.hash, *hash);
                    let others = draft.approvals.iter().filter(|a| **a != draft.editor).count();
                    prop_assert!(others >= 2 && draft.draft.errors.is_empty());
                    prop_assert!(before.embargo.end().is_none_or(|end| end <= desk.now));
                }
                What::EmergencyPublished { second, .. } => {
                    prop_assert!(before.is_emergency() && *second != id(&who));
                    prop_assert!(before.people[&id(&who)].roles.contains(&Role::Manager));
                }
                What::Drafted { .. } => prop_assert!(after.draft.as_ref().unwrap().approvals.is_empty(), "an edit voids approvals"),
                _ => prop_assert_eq!(before.publications.len(), after.publications.len(), "only publishing publishes"),
            }
        }
        let again = Case::replay(&desk.log, &rules()).unwrap();
        prop_assert_eq!(again, desk.case, "the log makes the same case");
    }
}
