//! `/patients/{patient}/referrals/{referral}`: a referral on its way: sent, accepted, scheduled, reported, closed; and the
//! letter that goes with it.

use aceso_fhir::{Object, Value};
use aceso_policy::Action;
use aceso_web::page::{
    Banner, Button, Card, Csrf, Errors, Facts, Field, Form, Layout, Link, Page, Steps, Tone, View,
    say, words,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::html;

use super::given::{Given, absent};
use super::letter::Known;
use super::papers::list;
use super::{hand_out, paper, path};
use crate::Staff;
use crate::chart::write::{coded, coding};
use crate::chart::{codes, concept};
use crate::inbox::review::note;
use crate::inbox::tasks::due;
use crate::patient::record::{Found, Goes, Wanted};
use crate::patient::save::{begin, checked, may, refused, signer};
use crate::patient::top::{Opened, Top, open_for};
use crate::words::{clock, fhir_day};

/// What a referral and its task are called, with what is asked for.
pub(crate) const REFERRAL: &str = "Referral: {0}";

/// The system of the stages.
const SYSTEM: &str = "urn:aceso:referral";

/// How far a referral is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Stage {
    Sent,
    Accepted,
    Scheduled,
    Reported,
    Closed,
    /// They do not take the patient.
    Declined,
}

impl Stage {
    const ALL: [Self; 6] = [
        Self::Sent,
        Self::Accepted,
        Self::Scheduled,
        Self::Reported,
        Self::Closed,
        Self::Declined,
    ];

    const fn code(self) -> &'static str {
        match self {
            Self::Sent => "sent",
            Self::Accepted => "accepted",
            Self::Scheduled => "scheduled",
            Self::Reported => "reported",
            Self::Closed => "closed",
            Self::Declined => "declined",
        }
    }

    /// The task's status.
    pub(crate) const fn status(self) -> &'static str {
        match self {
            Self::Sent => "requested",
            Self::Accepted => "accepted",
            Self::Scheduled | Self::Reported => "in-progress",
            Self::Closed => "completed",
            Self::Declined => "rejected",
        }
    }

    /// As the task's business status.
    pub(crate) fn concept(self) -> Value {
        coded(coding(SYSTEM, self.code(), ""), self.code())
    }

    pub(crate) fn of(task: &Value) -> Self {
        let said: Vec<&str> = codes(task.get("businessStatus")).collect();
        let found = Self::ALL.into_iter().find(|s| said.contains(&s.code()));
        found.unwrap_or(match task.str_at("status") {
            Some("completed") => Self::Closed,
            Some("rejected" | "cancelled" | "failed") => Self::Declined,
            Some(_) | None => Self::Sent,
        })
    }

    /// Whether it can go there from here: on to any later stage; declined until it is reported.
    fn leads_to(self, next: Self) -> bool {
        match (self, next) {
            (Self::Closed | Self::Declined, _) => false,
            (Self::Reported, Self::Declined) => false,
            (_, next) => next > self,
        }
    }

    /// Whether something is still awaited.
    pub(crate) const fn waits(self) -> bool {
        matches!(self, Self::Sent | Self::Accepted | Self::Scheduled)
    }

    /// Whether it is over.
    const fn is_over(self) -> bool {
        matches!(self, Self::Closed | Self::Declined)
    }
}

/// A referral, and the task that follows it.
struct Followed {
    request: Value,
    task: Value,
}

/// The page.
pub(crate) struct Referral {
    top: Top,
    of: Followed,
    today: String,
    writes: bool,
    comment: String,
    errors: Errors,
}

/// The referrals of a patient with their tasks.
pub(super) fn wanted() -> Wanted {
    Wanted::new("ServiceRequest")
        .with("category", "3457005")
        .with("_sort", "-authored")
        .with("_revinclude", "Task:focus")
        .most(100)
}

/// The task that follows a referral.
pub(super) fn task<'f>(found: &'f Found, request: &Value) -> Option<&'f Value> {
    let focus = ["ServiceRequest/", request.id()?].concat();
    let is = |task: &&Value| {
        let at = task.get("focus").and_then(|f| f.str_at("reference"));
        at == Some(focus.as_str()) && task.get("businessStatus").is_some()
    };
    found.along.iter().find(is)
}

async fn opened(
    staff: &Staff,
    ask: &Ask,
    goes: Goes,
    more: Vec<Wanted>,
) -> Result<(Followed, Opened), PageFault> {
    let mut all = vec![wanted().with("_id", ask.param("referral"))];
    all.extend(more);
    let mut opened = open_for(staff, ask, goes, all).await?;
    let found = opened.take().ok_or(PageFault::Missing)?;
    let Some(request) = found.matches.first() else {
        let of = ("ServiceRequest", ask.param("referral"));
        return Err(absent(staff, ask, goes, of).await);
    };
    let of = Followed {
        request: request.clone(),
        task: task(&found, request).cloned().ok_or(PageFault::Missing)?,
    };
    Ok((of, opened))
}

async fn page(staff: &Staff, ask: &Ask) -> Result<Referral, PageFault> {
    let (of, opened) = opened(staff, ask, Goes::Here, Vec::new()).await?;
    Ok(Referral {
        of,
        today: opened.today,
        top: opened.top,
        writes: may(staff, ask, Action::Update, "Task")? && signer(ask)?.is_some(),
        comment: String::new(),
        errors: Errors::none(),
    })
}

/// `GET /patients/{patient}/referrals/{referral}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = page(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/referrals/{referral}`
pub(crate) async fn act(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["version", "comment", "act"].map(Take::One))?;
    let mut page = page(&staff, &ask).await?;
    let me = signer(&ask)?
        .filter(|_| page.writes)
        .ok_or(PageFault::Missing)?;
    let mut stages = Stage::ALL.into_iter();
    let next = stages.find(|s| s.code() == fields.one("act"));
    let next = next.ok_or(PageFault::Missing)?;
    if Stage::of(&page.of.task).is_over() {
        return Err(PageFault::Refused(
            "This referral is closed already. Go back and reload the page".to_owned(),
        ));
    }
    page.comment = fields.trimmed("comment").to_owned();
    if page.comment.chars().count() > 2_000 {
        page.errors.add("comment", "2,000 letters at most");
    }
    let asks = match next {
        Stage::Declined => "Write why they do not take the patient",
        Stage::Scheduled => "Write when and where",
        Stage::Reported => "Write what the report says, or where it is",
        Stage::Sent | Stage::Accepted | Stage::Closed => "",
    };
    if page.comment.is_empty() && !asks.is_empty() {
        page.errors.add("comment", asks);
    }
    if !Stage::of(&page.of.task).leads_to(next) {
        page.errors
            .add("comment", "It is further than that already");
    }
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let at = staff.store().now().to_fhir();
    let (Some(mut task), Some(mut request)) = (object(&page.of.task), object(&page.of.request))
    else {
        return Err(PageFault::Missing);
    };
    task.set("status", next.status());
    task.set("businessStatus", next.concept());
    task.set("lastModified", at.as_str());
    if !page.comment.is_empty() {
        let mut notes = page.of.task.items_at("note").to_vec();
        notes.push(note(&me, &at, &page.comment));
        task.set("note", notes);
    }
    let mut tx = begin(&staff, &ask)?;
    let id = page.of.task.id().unwrap_or_default();
    tx.update(id, checked(task)?, fields.one("version").parse().ok())
        .await
        .map_err(refused)?;
    if next.is_over() {
        let closed = next == Stage::Closed;
        request.set("status", if closed { "completed" } else { "revoked" });
        let id = page.of.request.id().unwrap_or_default();
        tx.update(id, checked(request)?, None)
            .await
            .map_err(refused)?;
    }
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(&page.of.place()))
}

fn object(document: &Value) -> Option<Object> {
    document.as_object().cloned()
}

/// `GET /patients/{patient}/referrals/{referral}/pdf`: the letter that goes with it.
pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    let given = Given::asked(&ask)?;
    let (of, mut opened) = opened(&staff, &ask, given.goes(), Known::wanted()).await?;
    let handing = given.with(std::mem::take(&mut opened.releases));
    let known = Known::take(&mut opened);
    let title = say(REFERRAL, &[&of.what()]);
    let mut paper = paper(&staff, &ask, &title, &opened.top.banner.identity).await?;
    let facts = of
        .lines()
        .into_iter()
        .chain([("Sent by", ask.person()?.badge.name.clone())]);
    paper.facts(facts.map(|(name, value)| (words(name).to_string(), value)));
    paper.heading(words("Why").to_string());
    paper.paragraph(of.reason());
    for (heading, lines) in [
        ("Problems", &known.problems),
        ("Medication", &known.medications),
        ("Allergies", &known.allergies),
        ("Results of the last 30 days", &known.results),
    ] {
        list(&mut paper, heading, lines, "None recorded");
    }
    hand_out(&staff, &ask, paper, (&handing, "referral")).await
}

impl Followed {
    fn what(&self) -> String {
        concept(self.request.get("code")).unwrap_or_default()
    }

    fn reason(&self) -> String {
        let reasons = self.request.items_at("reasonCode").iter();
        let reasons: Vec<String> = reasons.filter_map(|r| concept(Some(r))).collect();
        reasons.join("\n")
    }

    fn lines(&self) -> Vec<(&'static str, String)> {
        let to = self.request.items_at("performer").first();
        vec![
            (
                "To",
                to.and_then(|t| t.str_at("display"))
                    .unwrap_or_default()
                    .to_owned(),
            ),
            (
                "Sent on",
                self.request
                    .str_at("authoredOn")
                    .map(fhir_day)
                    .unwrap_or_default(),
            ),
            (
                "Urgency",
                crate::words::known(match self.request.str_at("priority") {
                    Some("stat" | "asap") => "At once",
                    Some("urgent") => "Urgent",
                    Some(_) | None => "Usual",
                }),
            ),
            ("Report expected by", fhir_day(due(&self.task))),
        ]
    }

    fn place(&self) -> String {
        let patient = self
            .request
            .get("subject")
            .and_then(|s| s.str_at("reference"));
        let patient = patient
            .and_then(|p| p.strip_prefix("Patient/"))
            .unwrap_or_default();
        let id = self.request.id().unwrap_or_default();
        [&crate::patient::path(patient), "/referrals/", id].concat()
    }

    fn version(&self) -> &str {
        let meta = self.task.get("meta");
        meta.and_then(|m| m.str_at("versionId")).unwrap_or_default()
    }
}

/// Whether a report is awaited and its day has passed.
pub(super) fn is_late(task: &Value, today: &str) -> bool {
    Stage::of(task).waits() && !due(task).is_empty() && due(task) < today
}

impl View for Referral {
    fn page(&self, csrf: &Csrf) -> Page {
        let stage = Stage::of(&self.of.task);
        let at = Stage::ALL
            .iter()
            .position(|s| *s == stage)
            .unwrap_or_default();
        let steps = Steps::new(
            &["Sent", "Accepted", "Scheduled", "Reported", "Closed"],
            at.min(4),
        );
        let facts = self
            .of
            .lines()
            .into_iter()
            .fold(Facts::new(), |f, (name, value)| f.with(name, value));
        let label = |next: Stage| match next {
            Stage::Sent => "Sent",
            Stage::Accepted => "They accepted",
            Stage::Scheduled => "Visit is scheduled",
            Stage::Reported => "Report is back",
            Stage::Closed => "Close",
            Stage::Declined => "They declined",
        };
        let fields = html! {
            (self.errors)
            (Field::area("comment", "What happened").value(&self.comment).errors(&self.errors).longest(2_000).optional())
            div.buttons {
                @for (n, next) in Stage::ALL.into_iter().filter(|next| stage.leads_to(*next)).enumerate() {
                    @if n == 0 { (Button::primary(label(next)).says("act", next.code())) } @else { (Button::secondary(label(next)).says("act", next.code())) }
                }
            }
        };
        let form = Form::post(csrf, self.of.place(), fields)
            .of_patient(self.top.id())
            .keep("version", self.of.version());
        let notes = html! {
            @for one in self.of.task.items_at("note") {
                @let at = one.str_at("time").unwrap_or_default();
                p.note-text { (one.str_at("text").unwrap_or_default()) }
                p.soft.small { (fhir_day(at)) " " (clock(at)) " UTC" }
            }
        };
        let body = html! {
            @if stage != Stage::Declined { (steps) }
            div.card { (facts) p.note-text { (self.of.reason()) } }
            @if !self.of.task.items_at("note").is_empty() { (Card::new("What happened", notes)) }
            @if self.writes && !stage.is_over() { div.card { (form) } }
            div.buttons.no-print {
                (Link::secondary("Print the letter", [&self.of.place(), "/pdf"].concat()))
                (Link::quiet("To letters and referrals", path(self.top.id())))
            }
        };
        let page = self
            .top
            .form(csrf, say(REFERRAL, &[&self.of.what()]), body)
            .layout(Layout::Column);
        if stage == Stage::Declined {
            return page.notice(Banner::new(Tone::Warning, "They did not take the patient"));
        }
        match is_late(&self.of.task, &self.today) {
            true => page.notice(Banner::new(Tone::Danger, "The report is overdue")),
            false => page,
        }
    }

    fn samples() -> Vec<Self> {
        let read = |text: &str| aceso_fhir::json::read(text.as_bytes()).unwrap_or_default();
        let request = read(
            r#"{"resourceType":"ServiceRequest","id":"r1","code":{"text":"Cardiology"},"subject":{"reference":"Patient/p1"},
            "performer":[{"display":"Heart Centre"}],"reasonCode":[{"text":"Chest pain"}],"authoredOn":"2026-03-01","priority":"urgent"}"#,
        );
        [Stage::Sent, Stage::Reported, Stage::Closed, Stage::Declined]
            .map(|stage| {
                let mut task = read(r#"{"resourceType":"Task","id":"t1","restriction":{"period":{"end":"2026-03-02"}},"note":[{"text":"On Monday at nine"}]}"#);
                if let Some(task) = task.as_object_mut() {
                    task.set("businessStatus", stage.concept());
                }
                Self {
                    top: Top::sample(),
                    of: Followed {
                        request: request.clone(),
                        task,
                    },
                    today: "2026-03-04".into(),
                    writes: true,
                    comment: String::new(),
                    errors: Errors::one("comment", "Write when and where"),
                }
            })
            .into()
    }
}
