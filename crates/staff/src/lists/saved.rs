//! `/lists/{list}`: a list that was kept, with who fits now; and putting it away.

use aceso_fhir::Value;
use aceso_policy::{Action, Purpose};
use aceso_web::page::{Button, Crumb, Csrf, Form, Link, Page, View};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply, Take};
use maud::html;

use super::HERE;
use super::criteria::{Criteria, KIND};
use super::find::{Found, find, must};
use super::list::{counted, kept, table};
use crate::Staff;
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::record::Goes;
use crate::patient::save::{begin, checked, may, refused};

/// The page.
pub(crate) struct SavedList {
    id: String,
    version: u64,
    name: String,
    criteria: Criteria,
    found: Found,
    /// Whether the reader may put it away.
    may_change: bool,
}

async fn group(staff: &Staff, ask: &Ask) -> Result<(Value, u64), PageFault> {
    must(staff, ask)?;
    let reading = staff.store().read(ask.caller()?, Purpose::Treatment);
    let stored = reading.fetch(KIND, ask.param("list")).await;
    let stored = stored.map_err(unreadable)?;
    Ok((document(&stored)?, stored.version))
}

/// `GET /lists/{list}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let (group, version) = group(&staff, &ask).await?;
    let criteria = Criteria::kept(&group);
    if criteria.is_empty() {
        return Err(PageFault::Missing);
    }
    let page = SavedList {
        id: ask.param("list").to_owned(),
        version,
        name: group
            .str_at("name")
            .map_or_else(|| crate::words::known("List"), str::to_owned),
        found: find(&staff, &ask, Goes::Here, &criteria, ("50", None)).await?,
        may_change: may(&staff, &ask, Action::Update, KIND)?,
        criteria,
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /lists/{list}`: puts it away. It stays in the record as one that is not used any more.
pub(crate) async fn put_away(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&[Take::One("version")])?;
    let (group, _) = group(&staff, &ask).await?;
    let Value::Object(mut group) = group else {
        return Err(PageFault::Missing);
    };
    group.set("active", false);
    let mut tx = begin(&staff, &ask)?;
    let version = fields.one("version").parse().ok();
    tx.update(ask.param("list"), checked(group)?, version)
        .await
        .map_err(refused)?;
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(HERE))
}

impl View for SavedList {
    fn page(&self, csrf: &Csrf) -> Page {
        let change = Local::with(HERE, &self.criteria.pairs());
        let put_away = Form::post(
            csrf,
            [HERE, "/", &self.id].concat(),
            html! { (Button::quiet("Put this list away")) },
        )
        .keep("version", self.version.to_string())
        .inline();
        let take = html! { (Button::secondary("Take along as a table")) };
        let export = Form::post(csrf, [HERE, "/export"].concat(), take).inline();
        let body = html! {
            section.card {
                h2 { (counted(self.found.total)) }
                p.soft { (self.criteria.say().join(", ")) }
                @if !self.found.people.is_empty() { (table(&self.found)) }
                div.buttons {
                    (Link::secondary("Change, or see all", change.as_str()))
                    @if !self.found.people.is_empty() { (kept(export, &self.criteria)) }
                    @if self.may_change { (put_away) }
                }
            }
        };
        Page::new(&self.name, body)
            .here(HERE)
            .crumbs(vec![Crumb::new("Patient lists", HERE)])
            .lead("Found anew each time, as you may see it.")
    }

    fn samples() -> Vec<Self> {
        let criteria = Criteria::of(|name| if name == "problem" { "Diabetes" } else { "" });
        vec![Self {
            id: "l1".into(),
            version: 1,
            name: "Diabetes".into(),
            criteria,
            found: Found::default(),
            may_change: true,
        }]
    }
}
