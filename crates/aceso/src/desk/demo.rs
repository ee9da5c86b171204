//! `aceso desk serve --demo`: a group of five and two reports, in a directory of its own.

use aceso_desk::When;
use aceso_desk::report::{Answers, Dkim, Envelope, Report, Source};
use aceso_deskweb::receive;
use aceso_login::fresh;
use aceso_policy::{Caller, Role};
use aceso_store::{Credit, Desk, Enrol, LinkKind, NewAccount, NewLink, Store, UserName};
use anyhow::{Context, Result, bail};

use crate::place::Place;
use crate::say::say;

/// Links work until the next start, this long at most.
const LIFE_MILLIS: i64 = 7 * 86_400_000;

const PEOPLE: [(&str, &str, Role); 6] = [
    ("ada", "Ada Marsh", Role::ADMINISTRATOR),
    ("mara", "Mara Lind", Role::SECURITY_OFFICER),
    ("owen", "Owen Achieng", Role::SECURITY_OFFICER),
    ("dev", "Devi Rao", Role::SECURITY_OFFICER),
    ("tess", "Tess Moreau", Role::SECURITY_OFFICER),
    ("cora", "Cora Jimenez", Role::SECURITY_OFFICER),
];

/// Opens the demonstration's directory, or makes it; one that holds anything else is refused.
pub(super) fn open(place: &Place) -> Result<Store> {
    let mark = place.dir.join("demonstration");
    if place.holds_record() && !mark.exists() {
        bail!(
            "{} is not a demonstration: --demo leaves it alone; give another --data",
            place.dir.display()
        );
    }
    let store = place.open_desk()?;
    std::fs::write(&mark, "A synthetic desk: nothing here is true.\n")
        .with_context(|| mark.display().to_string())?;
    Ok(store)
}

/// Fills it, and says how to sign in.
pub(super) async fn fill(desk: &Desk, base: &str) -> Result<()> {
    let mut lines = String::new();
    let mut first = true;
    for (user, name, role) in PEOPLE {
        let (link, new) = sign_in(desk.store(), user, name, role).await?;
        first = first && new;
        lines.push_str(&format!("\n  {name:<14} {base}/demo/sign-in/{link}"));
    }
    if first {
        for (subject, text, steps) in REPORTS {
            let report = report(desk.now(), subject, text, steps);
            let credit = Credit::As("Fin Okoye".to_owned());
            receive(desk, &["Aceso".to_owned()], report, (credit, Vec::new())).await?;
        }
    }
    say(&format!("Sign in as one of the group:{lines}"));
    Ok(())
}

/// A link that signs somebody in, and whether they are new.
async fn sign_in(store: &Store, user: &str, name: &str, role: Role) -> Result<(String, bool)> {
    let console = Caller::operator();
    let user_name = UserName::parse(user)?;
    let known = store.account_named(&console, &user_name).await?;
    let new = known.is_none();
    let account = match known {
        Some(account) => account.id,
        None => {
            let account = NewAccount {
                user_name,
                display: name.to_owned(),
                email: None,
                fhir_user: None,
                roles: vec![role],
                facilities: Vec::new(),
                patients: Vec::new(),
                not_after: None,
                enrol: Enrol::No,
            };
            let id = store.add_account(&console, account).await?;
            store.activate_account(&console, &id).await?;
            id
        }
    };
    let link = fresh()?;
    let ends = store.now().plus_millis(LIFE_MILLIS);
    let new_link = NewLink {
        hash: link.hash,
        kind: LinkKind::Demo,
        account,
        ends,
    };
    store.make_link(&console, new_link).await?;
    Ok((link.token, new))
}

const REPORTS: [(&str, &str, &str); 2] = [
    (
        "A front desk account reads the text of clinical notes",
        "Signed in with the front desk role I asked for a note by its address and the response was the whole note. The page does not offer it, but nothing stops the request.",
        "1. Sign in as the front desk\n2. GET /patients/1/notes/2 HTTP/1.1\n3. The answer is 200 with the note",
    ),
    (
        "Stored script in the name of a document",
        "An uploaded document whose name holds markup showed an alert when a clinician opened the list of documents.",
        "1. Upload a file named <img src=x onerror=alert(1)>.pdf\n2. Open /patients/1/documents as a clinician",
    ),
];

fn report(at: When, subject: &str, text: &str, steps: &str) -> Report {
    Report {
        at,
        source: Source::Form,
        from: Some("fin@finder.example".to_owned()),
        name: Some("Fin Okoye".to_owned()),
        subject: subject.to_owned(),
        text: text.to_owned(),
        attachments: Vec::new(),
        answers: Answers {
            product: "Aceso".to_owned(),
            version: "0.1.0".to_owned(),
            steps: steps.to_owned(),
            impact: "Somebody reads or does what they may not.".to_owned(),
            exploited: String::new(),
            disclosure: None,
        },
        dkim: Dkim::None,
        envelope: Envelope::Plain,
        message_id: None,
    }
}
