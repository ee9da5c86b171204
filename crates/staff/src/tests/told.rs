//! What crates without a catalogue say in English is told in the reader's language, wherever a page shows it.

use aceso_base::Instant;
use aceso_fhir::form::{Typed, fill, read};
use aceso_fhir::json;
use aceso_policy::{Role, Scopes};
use aceso_store::Report;
use maud::{Language, recalled, recalled_all, speaking};

/// Words that another language shares, and those that stay.
const SAME: [&str; 7] = [
    "versions",
    "machine",
    "search",
    "patient",
    "system",
    "ResourceType",
    "nothing",
];
const OTHERS: [Language; 3] = [Language::Spanish, Language::French, Language::Arabic];

/// Nothing of the English text is left but these, which are data.
fn check(told: fn(&str) -> String, english: &str, data: &[&str]) {
    assert_eq!(speaking(Language::English, || told(english)), english);
    for language in OTHERS {
        let said = speaking(language, || told(english));
        assert_ne!(said, english, "{language:?}");
        assert!(data.iter().all(|one| said.contains(one)), "{said}");
        let ours = english.split(|c: char| !c.is_ascii_alphabetic());
        let is_theirs =
            |word: &&str| !SAME.contains(word) && !data.iter().any(|one| one.contains(word));
        for word in ours.filter(|word| word.len() > 5).filter(is_theirs) {
            let left = said.split(|c: char| !c.is_alphabetic()).any(|w| w == word);
            assert!(!left, "{word}: {said}");
        }
    }
}

#[test]
fn what_a_form_says_of_an_answer_is_told_in_the_readers_language() {
    let document = json::read(
        br#"{"resourceType":"Questionnaire","url":"urn:x","version":"1","status":"active","title":"T","item":[
            {"linkId":"1","text":"a","type":"integer","extension":[{"url":"http://hl7.org/fhir/StructureDefinition/minValue","valueInteger":3}]},
            {"linkId":"2","text":"b","type":"integer"},
            {"linkId":"3","text":"c","type":"string","maxLength":2},
            {"linkId":"4","text":"d","type":"boolean"},
            {"linkId":"5","text":"e","type":"decimal"},
            {"linkId":"6","text":"f","type":"date"},
            {"linkId":"7","text":"g","type":"dateTime"},
            {"linkId":"8","text":"h","type":"time"},
            {"linkId":"9","text":"i","type":"url"},
            {"linkId":"10","text":"j","type":"string","required":true}]}"#,
    );
    let form = read(&document.unwrap()).unwrap();
    let mut typed = Typed::default();
    for at in 0..9 {
        let wrong = if at == 0 { "1" } else { "wrong" };
        typed.take(&form, &format!("a{at}"), wrong);
    }
    let filled = fill(&form, &typed, None, Instant::from_millis(0));
    let said = filled.problems().chain(filled.missing());
    let said: Vec<&str> = said.map(|(_, why)| why).collect();
    assert_eq!(said.len(), 10, "{said:?}");
    for english in said {
        check(recalled, english, &[]);
    }
}

#[test]
fn what_checks_and_scheduled_work_kept_of_themselves_is_told_in_the_readers_language() {
    check(recalled_all, &Report::default().summary(), &[]);
    for (english, data) in [
        (
            "1200 resources, 340 older versions, 5210 audit entries since 2026-11-22T10:00:00Z: the whole store",
            &["1200", "340", "5210", "2026-11-22T10:00:00Z"][..],
        ),
        (
            "snapshot 1a2b3c4d: 1200 resources, 12.0 MiB, 1.5 MiB of them new, 1.2 s",
            &["1a2b3c4d", "1200", "12.0"],
        ),
        (
            "drill: 9 resources came back, and 10 were backed up; snapshot 1a2b of 2026-11-22T10:00:00Z: 9 resources, 7 audit \
             entries and 3 charts came back in 1.0 s, checked in 2.0 s; 4 h are allowed",
            &["10", "1a2b", "2.0"],
        ),
        ("backup: could not be made: ENOSPC; tried", &["ENOSPC"]),
        (
            "backup log: a lost machine would cost what was written since 2026-11-22T10:00:00Z: no backup was made that it could \
             go on from; what is written is added every 240 seconds",
            &["2026-11-22T10:00:00Z", "240"],
        ),
        (
            "backup: could not be made: ENOSPC (and 2 more)",
            &["ENOSPC", "2"],
        ),
    ] {
        check(recalled_all, english, data);
    }
}

#[test]
fn what_is_wrong_with_keys_scopes_and_roles_is_told_in_the_readers_language() {
    let scope = Scopes::parse("nothing/x").unwrap_err().to_string();
    check(
        recalled,
        &scope,
        &[
            "nothing/x",
            "patient|user|system",
            "ResourceType",
            "c r u d s",
        ],
    );
    let role = Role::parse("No Role").unwrap_err().to_string();
    check(recalled, &role, &["No Role"]);
    for keys in [
        "",
        "{\"keys\":[]}",
        r#"{"keys":[{"kty":"oct"}]}"#,
        r#"{"keys":[{"kty":"oct","kid":"one"}]}"#,
    ] {
        let wrong = aceso_vault::jwt::KeySet::parse(keys)
            .unwrap_err()
            .to_string();
        check(recalled, &wrong, &[]);
    }
}

#[test]
fn a_task_of_the_programs_own_is_told_in_the_readers_language_and_a_persons_as_it_was_written() {
    let what = |language, text: &str| {
        let task = format!(r#"{{"resourceType":"Task","description":"{text}"}}"#);
        let task = json::read(task.as_bytes()).unwrap();
        speaking(language, || crate::inbox::tasks::what(&task))
    };
    for language in OTHERS {
        let referral = what(language, "Referral: Cardiology");
        assert!(
            referral.contains("Cardiology") && !referral.contains("Referral"),
            "{referral}"
        );
        let result = what(language, "Look at this result: Potassium");
        assert!(
            result.contains("Potassium") && !result.contains("Look"),
            "{result}"
        );
        assert_eq!(
            what(language, "Call about the potassium"),
            "Call about the potassium"
        );
    }
}

#[test]
fn a_list_of_values_of_the_programs_own_is_offered_in_the_readers_language_and_known_in_each() {
    use crate::patient::orders::service::Service;
    use crate::patient::orders::values::Picks;

    for language in OTHERS {
        let own = speaking(language, || Picks::own(Service::Laboratory));
        let lipids = own.iter().find(|pick| pick.code == "57698-3").unwrap();
        assert_ne!(lipids.name, "Lipid panel");
        let draft = |what: &str| {
            speaking(language, || {
                let draft = Service::Laboratory.draft(what, "Hypertension", "routine");
                crate::chart::code(draft.get("code")).map(str::to_owned)
            })
        };
        for name in [&*lipids.name, "Lipid panel"] {
            assert_eq!(draft(name).as_deref(), Some("57698-3"), "{name}");
        }
        let images = speaking(language, || Picks::own(Service::Imaging));
        assert!(
            images
                .iter()
                .all(|image| Service::named(&image.name) == Service::Imaging)
        );
    }
}
