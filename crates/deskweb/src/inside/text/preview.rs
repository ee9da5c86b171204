//! `/cases/{case}/text/{form}`: the text as it will be read in one of its forms.

use aceso_desk::advisory::{Form, page};
use aceso_web::page::{Banner, Crumb, Csrf, Layout, Page, Tab, Tabs, Tone, View};
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use maud::{Markup, html, said, say};

use crate::DeskWeb;
use crate::fault::{fault, sentence};
use crate::inside::cases::HERE;

/// What is shown.
pub(crate) const FORMS: [Form; 13] = Form::ALL;

pub(crate) struct Preview {
    case: String,
    form: Form,
    shown: Result<Markup, String>,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let form = Form::of_name(ask.param("form")).ok_or(PageFault::Missing)?;
    let file = web.desk().case(ask.caller()?, ask.param("case")).await;
    let file = file.map_err(fault)?;
    let text = file.text.ok_or(PageFault::Missing)?;
    let shown = match form {
        Form::Page => Ok(html! { article.stack { (page::inner_markup(&text.advisory)) } }),
        _ => match form.write(&text.advisory, &web.site(), 0) {
            Ok(text) => Ok(html! { pre.code tabindex="0" { (text) } }),
            Err(error) => Err(sentence(&error.to_string())),
        },
    };
    let case = file.line.id;
    Ok(Reply::page(&ask, &Preview { case, form, shown }))
}

impl View for Preview {
    fn page(&self, _: &Csrf) -> Page {
        let back = format!("{HERE}/{}/text", self.case);
        let here = format!("{back}/{}", self.form.name());
        let tabs = FORMS
            .iter()
            .map(|form| Tab::new(said(form.name()), format!("{back}/{}", form.name())));
        let body = html! {
            (Tabs::new("Forms", tabs.collect(), here))
            @match &self.shown {
                Ok(shown) => (shown),
                Err(why) => (Banner::new(Tone::Warning, "There is no such form of it yet").text(why.to_string())),
            }
        };
        Page::new(say("As {0}", &[&self.form.name()]), body)
            .layout(Layout::Wide)
            .here(HERE)
            .crumbs(vec![
                Crumb::new("Cases", HERE),
                Crumb::new(
                    self.case.to_string(),
                    format!("{HERE}/{}/advisory", self.case),
                ),
                Crumb::new("The advisory", back),
            ])
    }

    fn samples() -> Vec<Self> {
        let one = |form, shown| Self {
            case: "C-2026-0001".into(),
            form,
            shown,
        };
        vec![
            one(Form::Csaf, Ok(html! { pre.code tabindex="0" { "{}" } })),
            one(Form::Cve, Err("It has no CVE id.".into())),
        ]
    }
}
