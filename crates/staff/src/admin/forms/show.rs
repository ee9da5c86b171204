//! `/admin/forms/{form}`: one version of a form: its items in order, and what can be done with it.

use aceso_fhir::Value;
use aceso_fhir::form::{Fault, Kind};
use aceso_web::page::{
    Banner, Button, Csrf, Errors, Field, Form, Layout, Link, Page, Tag, Text, Tone, View, said, say,
};
use aceso_web::site::{Ask, Outcome, PageFault, Reply, Take};
use maud::{Markup, html};

use super::new::{check_heading, set_heading};
use super::tree::{self, Way};
use super::{
    HERE, KIND, Kept, begin, copy, crumbs, draft, faults, kept, path, replace, standing, told,
};
use crate::Staff;
use crate::admin::standing::Standing;
use crate::forms::catalog;
use crate::patient::record::Wanted;
use crate::patient::save::{checked, refused};

/// The page.
pub(crate) struct ShowVersion {
    id: String,
    kept: Kept,
    faults: Vec<Fault>,
    title: String,
    purpose: String,
    errors: Errors,
}

impl ShowVersion {
    fn of(id: &str, kept: Kept) -> Self {
        let text = |name| kept.document.str_at(name).unwrap_or_default().to_owned();
        Self {
            id: id.to_owned(),
            title: text("title"),
            purpose: text("description"),
            faults: Vec::new(),
            errors: Errors::none(),
            kept,
        }
    }
}

/// `GET /admin/forms/{form}`
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let page = ShowVersion::of(ask.param("form"), kept(&staff, &ask).await?);
    Ok(Reply::page(&ask, &page))
}

/// `POST /admin/forms/{form}`
pub(crate) async fn act(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["version", "act", "title", "purpose"].map(Take::One))?;
    let (version, act) = (fields.one("version"), fields.one("act"));
    match act {
        "copy" => return new_version(&staff, &ask).await,
        "retire" => return retire(&staff, &ask).await,
        _ => {}
    }
    let mut page = ShowVersion::of(ask.param("form"), draft(&staff, &ask, version).await?);
    let Value::Object(mut document) = page.kept.document.clone() else {
        return Err(PageFault::Missing);
    };
    match act.split_once(':') {
        Some((what, number)) => {
            let paths = tree::paths(&page.kept.document);
            let path = number.parse::<usize>().ok();
            let path = path.and_then(|n| paths.get(n)).ok_or(PageFault::Missing)?;
            match what {
                "up" => tree::shift(&mut document, path, Way::Up),
                "down" => tree::shift(&mut document, path, Way::Down),
                "remove" => tree::remove(&mut document, path).map(drop),
                _ => return Err(PageFault::Missing),
            };
        }
        None if act == "heading" => {
            page.title = fields.trimmed("title").to_owned();
            page.purpose = fields.trimmed("purpose").to_owned();
            check_heading(&page.title, &page.purpose, &mut page.errors);
            set_heading(&mut document, &page.title, &page.purpose);
        }
        None if act == "publish" => return publish(&staff, &ask, page).await,
        None => return Err(PageFault::Missing),
    }
    let next = Value::from(document);
    page.faults = faults(&next);
    if !page.faults.is_empty() || !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    let id = page.id.clone();
    let kept = Kept {
        document: next,
        version: page.kept.version,
    };
    replace(&staff, &ask, &id, kept).await?;
    Ok(Reply::to_path(&path(&id)))
}

/// The versions of the form that are stored.
async fn versions(staff: &Staff, ask: &Ask, url: &str) -> Result<Vec<Value>, PageFault> {
    let wanted = Wanted::new(KIND).with("url", crate::find::escaped(url));
    catalog::stored(staff, ask, wanted).await
}

/// Puts the draft into use; the version that was in use is retired in the same transaction.
async fn publish(staff: &Staff, ask: &Ask, mut page: ShowVersion) -> Outcome {
    if let Err(faults) = aceso_fhir::form::read(&page.kept.document) {
        page.faults = faults;
        return Ok(Reply::wrong(ask, &page));
    }
    let url = page
        .kept
        .document
        .str_at("url")
        .unwrap_or_default()
        .to_owned();
    let mut tx = begin(staff, ask)?;
    let active = |d: &Value| standing(d) == Standing::Active && d.id() != Some(&page.id);
    for old in versions(staff, ask, &url).await?.into_iter().filter(active) {
        let id = old.id().unwrap_or_default().to_owned();
        stand(&mut tx, &id, old, Standing::Retired, None).await?;
    }
    let version = Some(page.kept.version);
    stand(
        &mut tx,
        &page.id,
        page.kept.document,
        Standing::Active,
        version,
    )
    .await?;
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(HERE))
}

async fn stand(
    tx: &mut aceso_store::Tx,
    id: &str,
    document: Value,
    standing: Standing,
    version: Option<u64>,
) -> Result<(), PageFault> {
    let Value::Object(mut object) = document else {
        return Err(PageFault::Missing);
    };
    let shown = object
        .get("meta")
        .and_then(|m| m.str_at("versionId")?.parse().ok());
    object.set("status", standing.code());
    let version = version.or(shown);
    tx.update(id, checked(object)?, version)
        .await
        .map_err(refused)?;
    Ok(())
}

/// No response can be begun with it any more; those that are there stay. A shipped form is stored as retired.
async fn retire(staff: &Staff, ask: &Ask) -> Outcome {
    let kept = kept(staff, ask).await?;
    let mut tx = begin(staff, ask)?;
    let id = ask.param("form");
    match kept.version {
        0 => {
            let Value::Object(mut object) = kept.document else {
                return Err(PageFault::Missing);
            };
            let id = staff.store().new_id();
            object.set("id", id.as_str());
            object.set("status", Standing::Retired.code());
            tx.create(&id, checked(object)?).map_err(refused)?;
        }
        version => stand(&mut tx, id, kept.document, Standing::Retired, Some(version)).await?,
    }
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(HERE))
}

/// A draft that begins as a copy.
async fn new_version(staff: &Staff, ask: &Ask) -> Outcome {
    let kept = kept(staff, ask).await?;
    let url = kept.document.str_at("url").unwrap_or_default();
    let all = versions(staff, ask, url).await?;
    let number = |d: &Value| d.str_at("version").and_then(|v| v.parse::<u32>().ok());
    let newest = all.iter().chain([&kept.document]).filter_map(number).max();
    let version = (newest.unwrap_or_default() + 1).to_string();
    let id = staff.store().new_id();
    let document = copy(&kept.document, &id, &version).ok_or(PageFault::Missing)?;
    let mut tx = begin(staff, ask)?;
    tx.create(&id, checked(document)?).map_err(refused)?;
    tx.commit().await.map_err(refused)?;
    Ok(Reply::to_path(&path(&id)))
}

impl ShowVersion {
    fn item(&self, number: usize, path: &tree::Path) -> Markup {
        let Some(item) = tree::at(&self.kept.document, path) else {
            return Markup::default();
        };
        let text = |name| item.str_at(name).unwrap_or_default();
        let kind = Kind::parse(text("type"));
        let edits = self.kept.standing() == Standing::Draft;
        let of = [": ", text("text")].concat();
        let act = |label: &'static str, what: &str| {
            Button::quiet(label)
                .of(&of)
                .says("act", format!("{what}:{number}"))
                .small()
        };
        let base = [&super::path(&self.id), "/items/"].concat();
        html! {
            li class={ "depth-" (path.len().min(6)) } {
                div.row.apart {
                    div {
                        @if edits { a href=(format!("{base}{number}")) { (text("text")) } } @else { span { (text("text")) } }
                        p.soft.small {
                            (maud::words(super::item::title(kind))) " · " span.mono { (text("linkId")) }
                            @if !item.items_at("enableWhen").is_empty() { " " (Tag::plain("asked sometimes")) }
                            @if item.get("required").and_then(Value::as_bool) == Some(true) { " " (Tag::plain("required")) }
                        }
                    }
                    @if edits {
                        div.row {
                            @if kind == Some(Kind::Group) { (Link::quiet("Add into", format!("{base}new?in={number}")).small()) }
                            (act("Up", "up")) (act("Down", "down")) (act("Remove", "remove"))
                        }
                    }
                }
            }
        }
    }

    fn acts(&self, csrf: &Csrf) -> Markup {
        let standing = self.kept.standing();
        let place = path(&self.id);
        let buttons = html! {
            div.buttons {
                @if standing == Standing::Draft { (Button::primary("Publish").says("act", "publish")) }
                (Link::secondary("Preview", [&place, "/preview"].concat()))
                @if standing != Standing::Draft { (Button::secondary("Make a new version").says("act", "copy")) }
                @if standing != Standing::Retired { (Button::danger("Retire").says("act", "retire")) }
            }
        };
        html! { (Form::post(csrf, place, buttons).keep("version", self.kept.version.to_string())) }
    }
}

impl View for ShowVersion {
    fn page(&self, csrf: &Csrf) -> Page {
        let standing = self.kept.standing();
        let version = self.kept.version.to_string();
        let place = path(&self.id);
        let paths = tree::paths(&self.kept.document);
        let items = html! {
            @if paths.is_empty() { p.soft { "Nothing is asked yet." } }
            ul.outline { @for (number, path) in paths.iter().enumerate() { (self.item(number, path)) } }
            @if standing == Standing::Draft { div.buttons { (Link::secondary("Add a question", [&place, "/items/new"].concat())) } }
        };
        let heading = html! {
            (self.errors)
            (Field::text("title", "Title").value(&self.title).errors(&self.errors).longest(120))
            (Field::area("purpose", "What it is for").value(&self.purpose).errors(&self.errors).longest(500).optional())
            div.buttons { (Button::secondary("Save the title").says("act", "heading")) }
        };
        let form = |body| Form::post(csrf, place.clone(), body).keep("version", &version);
        let body = html! {
            section.card { h2 { "Items" } (form(items)) }
            @if standing == Standing::Draft { section.card { h2 { "Heading" } (form(heading)) } }
            (self.acts(csrf))
        };
        let number = self.kept.document.str_at("version").unwrap_or_default();
        let titled = self.kept.document.str_at("title");
        let title = titled.map_or(Text::from("Form"), said);
        let mut page = Page::new(title, body)
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
            .lead(say("Version {0}", &[&number]))
            .acts(html! { (standing.tag()) });
        if !self.faults.is_empty() {
            let list = html! { ul { @for fault in &self.faults { li { (told(fault)) } } } };
            page = page.notice(
                Banner::new(
                    Tone::Danger,
                    "It was not changed: it could not be filled in any more",
                )
                .body(list),
            );
        }
        page
    }

    fn samples() -> Vec<Self> {
        let all = crate::forms::shipped::all().iter();
        all.flat_map(|shipped| {
            let kept = |document, version| Self::of("f1", Kept { document, version });
            let draft = copy(&shipped.document, "f1", "2")
                .map(Value::from)
                .unwrap_or_default();
            let mut wrong = kept(draft, 3);
            wrong.faults = vec![Fault {
                link: "q1".into(),
                what: "The link id stands twice".into(),
            }];
            [kept(shipped.document.clone(), 0), wrong]
        })
        .collect()
    }
}
