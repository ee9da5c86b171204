//! `/cases/{case}/elsewhere/{errand}`: a request to a service elsewhere, exactly as it would go out now, but for the secret.

use aceso_desk::case::unaskable;
use aceso_desk::port::{Body, Errand, Facts as Of, Prepared, Proof, Tells, compose};
use aceso_web::page::{Banner, Crumb, Csrf, Facts, Layout, Page, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{html, said, say};

use super::cases::HERE;
use super::words::{errand, of_key};
use crate::DeskWeb;
use crate::fault::fault;
use crate::told::{lacks, told};

/// The page.
pub(crate) struct RequestPage {
    case: String,
    errand: Errand,
    /// The request, or why there is none.
    made: Result<Prepared, String>,
    /// What stands against sending it now.
    missing: Vec<String>,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let errand: Errand = of_key(ask.param("errand")).ok_or(PageFault::Missing)?;
    let found = web.desk().case(ask.caller()?, ask.param("case")).await;
    let file = found.map_err(fault)?;
    let draft = file.text.as_ref().map(|text| &text.advisory);
    let advisory = match errand.tells() {
        Tells::Nothing => None,
        Tells::Before => draft,
        // Before anything is published, what the draft would become.
        Tells::Public => file.public.as_ref().or(draft),
    };
    let site = web.site();
    let facts = Of {
        key: "a key of the errand's own",
        at: web.desk().now(),
        site: &site,
        advisory,
        kept: &file.case.kept,
    };
    let made = compose(errand, &web.settings().places, facts);
    let missing = unaskable(&file.case, errand).into_iter();
    let page = RequestPage {
        case: file.line.id,
        errand,
        made: made.map_err(|why| lacks(&why)),
        missing: missing
            .map(|unmet| told(&unmet.what, &|id| id.0.clone()))
            .collect(),
    };
    Ok(Reply::page(&ask, &page))
}

fn proof(of: &Proof) -> (&str, String) {
    match of {
        Proof::Bearer => ("Authorization", say("Bearer (the secret)", &[])),
        Proof::Basic(user) => ("Authorization", say("Basic ({0} and the secret)", &[user])),
        Proof::Header(name) => (name, say("(the secret)", &[])),
    }
}

impl View for RequestPage {
    fn page(&self, _: &Csrf) -> Page {
        let body = html! {
            @if !self.missing.is_empty() {
                (Banner::new(Tone::Warning, "It cannot be sent now").body(html! { ul { @for why in &self.missing { li { (why) } } } }))
            }
            @match &self.made {
                Err(why) => (Banner::new(Tone::Info, "There is no such request").text(why.clone())),
                Ok(made) => {
                    @let (name, secret) = proof(&made.proof);
                    @let headers = made.headers.iter().fold(Facts::new().with(said(name), secret), |facts, (name, value)| facts.with(said(*name), value.as_str()));
                    p { strong { (made.method.name()) } " " span.mono { (made.url) } }
                    (headers)
                    @match &made.body {
                        Body::Empty => p.soft { "It carries nothing." },
                        Body::Json(value) => pre tabindex="0" { code { (format!("{value:#}")) } },
                    }
                }
            }
        };
        let here = format!("{HERE}/{}/elsewhere", self.case);
        Page::new(errand(self.errand), body)
            .layout(Layout::Wide)
            .here(HERE)
            .lead("Exactly as it would go out now, but for the secret, which stands in a file of the configuration.")
            .crumbs(vec![
                Crumb::new("Cases", HERE),
                Crumb::new(self.case.clone(), here),
            ])
    }

    fn samples() -> Vec<Self> {
        let advisory = super::samples::advisory();
        let site = aceso_desk::advisory::feed::Site {
            title: "Security advisories of Aceso".into(),
            base: "https://desk.example".into(),
        };
        let kept = std::collections::BTreeMap::new();
        let facts = Of {
            key: "a key of the errand's own",
            at: advisory.current,
            site: &site,
            advisory: Some(&advisory),
            kept: &kept,
        };
        let places = super::samples::places();
        let one = |errand| Self {
            case: "C-2026-0001".into(),
            errand,
            made: compose(errand, &places, facts).map_err(|why| lacks(&why)),
            missing: vec!["What stands against it.".into()],
        };
        vec![
            one(Errand::GithubDraft),
            one(Errand::CveReserve),
            one(Errand::CvePublish),
            one(Errand::Campaign),
            one(Errand::Post),
        ]
    }
}
