//! `/patients/{patient}/changes/{type}/{id}`: one resource of the record as it was, version by version; and bringing one of
//! them back.

use aceso_base::Instant;
use aceso_fhir::Value;
use aceso_fhir::definitions::types;
use aceso_policy::{Action, Purpose};
use aceso_store::{Past, Presence, SIGNED, WriteError};
use aceso_web::page::{
    Banner, Button, Column, Csrf, Form, Layout, Page, Table, Tag, Tone, View, words,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::{PAGE, path, presence};
use crate::Staff;
use crate::chart::past::{Difference, differences, kind, plain, title};
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::save::{begin, checked, may, refused};
use crate::patient::top::{Top, open};
use crate::words::when;

/// A resource as it was.
pub(crate) struct ShowPast {
    top: Top,
    kind: &'static str,
    id: String,
    title: String,
    tag: Tag,
    /// The version that it has now.
    over: u64,
    lines: Vec<Line>,
    /// Why nothing can be brought back, if so.
    fixed: Option<&'static str>,
    problem: Option<&'static str>,
    done: Option<&'static str>,
}

/// One version.
struct Line {
    version: u64,
    at: Instant,
    /// Whether it is what the record says.
    is_now: bool,
    /// What it changed of the version before; none: it is the oldest that is shown.
    changed: Option<Vec<Difference>>,
}

/// `GET /patients/{patient}/changes/{type}/{id}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (mut page, _) = find(&staff, &ask).await?;
    page.done = ask.query("done").map(|_| "It is in the record again");
    Ok(Reply::page(&ask, &page))
}

/// `POST /patients/{patient}/changes/{type}/{id}`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    let fields = ask.fields(&["version", "over"].map(Take::One))?;
    let (mut page, past) = find(&staff, &ask).await?;
    let version: u64 = fields.one("version").parse().unwrap_or_default();
    let wanted = past.versions.iter().find(|one| one.version == version);
    let Some(wanted) = wanted.filter(|_| page.fixed.is_none()) else {
        return Err(PageFault::Missing);
    };
    if fields.one("over") != past.version.to_string() {
        page.problem = Some(OVERTAKEN);
        return Ok(Reply::wrong(&ask, &page));
    }
    let Value::Object(object) = plain(&document(wanted)?) else {
        return Err(PageFault::Missing);
    };
    let mut tx = begin(&staff, &ask)?;
    let done = match tx
        .update(&page.id, checked(object)?, Some(past.version))
        .await
    {
        Ok(_) => tx.commit().await,
        Err(error) => Err(error),
    };
    match done {
        Ok(()) => {
            let here = path(ask.of_patient()?, page.kind, &page.id);
            Ok(Reply::to(Local::with(&here, &[("done", "back")])))
        }
        Err(WriteError::Stale | WriteError::VersionMismatch { .. }) => {
            page.problem = Some(OVERTAKEN);
            Ok(Reply::wrong(&ask, &page))
        }
        Err(WriteError::Dangling(_)) => {
            page.problem = Some(
                "It names something that is not in the record any more: bring that back first",
            );
            Ok(Reply::wrong(&ask, &page))
        }
        Err(error) => Err(refused(error)),
    }
}

const OVERTAKEN: &str =
    "Somebody else changed this in the meantime: nothing was done, please look again";

async fn find(staff: &Staff, ask: &Ask) -> Result<(ShowPast, Past), PageFault> {
    let kind = types().resource(ask.param("type"));
    let kind = kind.ok_or(PageFault::Missing)?.name;
    let id = ask.param("id");
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let past = reading.past(ask.of_patient()?, kind, id).await;
    let past = past.map_err(unreadable)?;
    let documents: Result<Vec<Value>, PageFault> = past.versions.iter().map(document).collect();
    let documents = documents?;
    let lines = past.versions.iter().enumerate().map(|(at, stored)| Line {
        version: stored.version,
        at: stored.updated,
        is_now: past.presence == Presence::There && stored.version == past.version,
        changed: documents
            .get(at)
            .zip(documents.get(at + 1))
            .map(|(one, before)| differences(before, one)),
    });
    let fixed = match may(staff, ask, Action::Update, kind)? {
        false => Some("Your role changes nothing of this kind"),
        true => documents.iter().find_map(fixed),
    };
    let page = ShowPast {
        top: open(staff, ask, Vec::new()).await?.top,
        kind,
        id: id.to_owned(),
        title: documents.first().map(title).unwrap_or_default(),
        tag: presence(&past),
        over: past.version,
        lines: lines.collect(),
        fixed,
        problem: None,
        done: None,
    };
    Ok((page, past))
}

/// Why this cannot be brought back, by what the store says of it.
fn fixed(document: &Value) -> Option<&'static str> {
    let tags = document.get("meta").map(|meta| meta.items_at("tag"));
    let has = |code: &str| {
        let mut tags = tags.unwrap_or_default().iter();
        tags.any(|tag| tag.str_at("code") == Some(code))
    };
    if has(SIGNED.1) {
        return Some("It is signed: what is signed stays, and is added to");
    }
    has("SUBSETTED").then_some("You do not see all of it: somebody who does can bring it back")
}

impl ShowPast {
    fn version(&self, csrf: &Csrf, line: &Line) -> Markup {
        let columns = [
            Column::text("Where"),
            Column::text("Before"),
            Column::text("After"),
        ];
        let mut table = Table::new("What was changed", &columns);
        for one in line.changed.iter().flatten() {
            let side = |text: &Option<String>| html! { @if let Some(text) = text { (text) } };
            table.row(vec![
                html! { span.mono { (one.place) } },
                side(&one.was),
                side(&one.became),
            ]);
        }
        let back = self.fixed.is_none() && !line.is_now;
        html! {
            section.card {
                h2 { "Version " (line.version) }
                p.soft { (when(line.at)) }
                @match &line.changed {
                    None => p.soft { "The oldest that is shown." },
                    Some(changed) if changed.is_empty() => p.soft { "Nothing that can be seen was changed." },
                    Some(_) => (table),
                }
                @if line.is_now { p { (Tag::new(Tone::Good, "what the record says")) } }
                @if back {
                    (Form::post(csrf, path(self.top.id(), self.kind, &self.id), html! {
                        div.buttons { (Button::secondary("Bring this version back").of(line.version.to_string())) }
                    })
                    .of_patient(self.top.id())
                    .keep("version", line.version.to_string())
                    .keep("over", self.over.to_string()))
                }
            }
        }
    }
}

impl View for ShowPast {
    fn page(&self, csrf: &Csrf) -> Page {
        let body = html! {
            p {
                strong { @if self.title.is_empty() { (words(kind(self.kind))) } @else { (self.title) } }
                " " (self.tag)
            }
            @if let Some(fixed) = self.fixed { p.soft { (words(fixed)) } }
            div.stack { @for line in &self.lines { (self.version(csrf, line)) } }
            p { a href=([&crate::patient::path(self.top.id()), PAGE].concat()) { "All changes of this record" } }
        };
        let page = self
            .top
            .form(csrf, "As it was", body)
            .layout(Layout::Column);
        match (self.problem, self.done) {
            (Some(problem), _) => page.notice(Banner::new(Tone::Danger, problem)),
            (None, Some(done)) => page.notice(Banner::new(Tone::Good, done)),
            (None, None) => page,
        }
    }

    fn samples() -> Vec<Self> {
        let at = Instant::from_millis(1_772_409_600_000);
        let changed = vec![Difference {
            place: "code.text".into(),
            was: Some("Asthma".into()),
            became: None,
        }];
        let line = |version, is_now, changed| Line {
            version,
            at,
            is_now,
            changed,
        };
        let sample = |tag, fixed, problem, is_now| Self {
            top: Top::sample(),
            kind: "Condition",
            id: "c1".into(),
            title: "Asthma".into(),
            tag,
            over: 3,
            lines: vec![
                line(3, is_now, Some(changed.clone())),
                line(2, false, Some(Vec::new())),
                line(1, false, None),
            ],
            fixed,
            problem,
            done: Some("It is in the record again"),
        };
        vec![
            sample(Tag::plain("changed"), None, None, true),
            sample(
                Tag::new(Tone::Warning, "deleted"),
                None,
                Some(OVERTAKEN),
                false,
            ),
            sample(
                Tag::plain("changed"),
                Some("It is signed: what is signed stays, and is added to"),
                None,
                true,
            ),
        ]
    }
}
