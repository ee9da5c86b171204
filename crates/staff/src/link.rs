//! One-time links that somebody hands to a person: an invitation, or a new password.

use aceso_base::{Instant, Secret};
use aceso_store::{LinkKind, MailedLink, NewLink};
use aceso_web::page::{Banner, Crumb, Csrf, Facts, Layout, Link, Page, Tone, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use maud::html;

use crate::Staff;
use crate::admin::people::{HERE, path};
use crate::fault::{fault, weigh};
use crate::words::{moment, span};

/// An invitation is good for three days, a reset for one hour.
const INVITATION_MILLIS: i64 = 72 * 3_600_000;
const RESET_MILLIS: i64 = 3_600_000;

/// A link just made: the only time that it is known.
pub(crate) struct Made {
    kind: LinkKind,
    address: String,
    ends: Instant,
}

/// A link to be: what is kept of it, its address, its end.
struct Fresh {
    hash: [u8; 32],
    address: String,
    ends: Instant,
}

fn fresh(staff: &Staff, kind: LinkKind) -> Result<Fresh, PageFault> {
    let token = URL_SAFE_NO_PAD.encode(aceso_vault::random::<32>().map_err(PageFault::hidden)?);
    let (life, place) = match kind {
        LinkKind::Invitation | LinkKind::SetUp | LinkKind::Demo => {
            (INVITATION_MILLIS, "/invitation/")
        }
        LinkKind::Reset | LinkKind::Mailed => (RESET_MILLIS, "/reset/"),
    };
    Ok(Fresh {
        hash: aceso_vault::sha256(token.as_bytes()),
        address: [&staff.settings().base, place, &token].concat(),
        ends: staff.store().now().plus_millis(life),
    })
}

/// Makes a link for an account; an earlier one of the kind is void from now on.
pub(crate) async fn make(
    staff: &Staff,
    ask: &Ask,
    kind: LinkKind,
    account: &str,
) -> Result<Made, PageFault> {
    let Fresh {
        hash,
        address,
        ends,
    } = fresh(staff, kind)?;
    let new = NewLink {
        hash,
        kind,
        account: account.to_owned(),
        ends,
    };
    staff
        .store()
        .make_link(ask.caller()?, new)
        .await
        .map_err(fault)?;
    Ok(Made {
        kind,
        address,
        ends,
    })
}

/// Mails an invitation, and goes to the person's page, which says whether it is on its way.
pub(crate) async fn mail(staff: &Staff, ask: &Ask, account: &str) -> Outcome {
    let fresh = fresh(staff, LinkKind::Invitation)?;
    let link = MailedLink {
        hash: fresh.hash,
        address: Secret::new(fresh.address),
    };
    let mailed = staff
        .store()
        .mail_invitation(ask.caller()?, account, link, fresh.ends);
    let done = match weigh(mailed.await)? {
        Ok(()) => "mailed",
        Err(_) => "not-mailed",
    };
    Ok(Reply::to(Local::with(&path(account), &[("done", done)])))
}

/// The page that shows it, once.
pub(crate) struct Handed {
    made: Made,
    name: String,
    account: String,
    now: Instant,
}

impl Handed {
    /// For this person.
    pub(crate) fn new(made: Made, name: String, account: &str, now: Instant) -> Self {
        let account = account.to_owned();
        Self {
            made,
            name,
            account,
            now,
        }
    }
}

impl View for Handed {
    fn page(&self, _: &Csrf) -> Page {
        let (title, lead) = match self.made.kind {
            LinkKind::Invitation | LinkKind::SetUp | LinkKind::Demo => (
                "Invitation for {0}",
                "With this link they choose how to sign in. Hand it over in person, or over a way that you trust.",
            ),
            LinkKind::Reset | LinkKind::Mailed => (
                "New password for {0}",
                "With this link they choose a new password. Passkeys, authenticator apps and recovery codes stay as they are, and are still asked for.",
            ),
        };
        let left = span(self.made.ends.millis() - self.now.millis());
        let facts = Facts::new()
            .with(
                "Works until",
                crate::words::say("{0} (for {1})", &[&moment(self.made.ends), &left]),
            )
            .with("Works", aceso_web::page::words("once"));
        let body = html! {
            div.card {
                p.label id="link-label" { "The link" }
                ul.codes.long aria-labelledby="link-label" { li { (self.made.address) } }
                (facts)
                p.no-print.soft { "Mark the link to copy it, or print this page. When you leave the page it is gone; a new link can be made at any time, and this one is then void." }
            }
            div.buttons.no-print { (Link::primary("Done", path(&self.account))) }
        };
        Page::new(crate::words::say(title, &[&self.name]), body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(vec![crate::admin::crumb(), Crumb::new("People", HERE)])
            .notice(Banner::new(Tone::Warning, "This link is shown only now"))
            .lead(lead)
    }

    fn samples() -> Vec<Self> {
        let now = Instant::from_millis(1_795_314_068_000);
        let made = |kind| Made {
            kind,
            address:
                "https://clinic.example/invitation/AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA"
                    .into(),
            ends: now.plus_millis(INVITATION_MILLIS),
        };
        [LinkKind::Invitation, LinkKind::Reset]
            .map(|kind| Self::new(made(kind), "Ann Example".into(), "a1", now))
            .into()
    }
}
