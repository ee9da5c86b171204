//! `/look`: the language, how close together things stand, which colours. Anybody may choose, also before signing in; the
//! choice is kept in the browser, for the account that is signed in there.

use aceso_web::page::{
    Banner, Button, Choice, Choices, Csrf, Density, Form, Language, Layout, Look, Page, Theme,
    Tone, View, said,
};
use aceso_web::site::{Ask, Local, Outcome, Reply, Take};
use maud::html;

use super::Pages;

/// The page's address.
const HERE: &str = "/look";
/// What the form says for the language that the clinic or the browser has.
const ANY: &str = "any";

/// The page.
#[derive(Clone, Debug)]
pub(super) struct Choose {
    look: Look,
    done: Option<()>,
}

impl View for Choose {
    fn page(&self, csrf: &Csrf) -> Page {
        let any = Choice::new(ANY, "The clinic's, or the browser's");
        let all = Language::ALL.map(|one| Choice::new(one.tag(), said(one.name())));
        let languages = std::iter::once(any).chain(all).collect();
        let densities = vec![
            Choice::new(Density::Comfortable.code(), Density::Comfortable.title())
                .hint("With room around things, for fingers too"),
            Choice::new(Density::Dense.code(), Density::Dense.title())
                .hint("More on one screen, for a mouse and a keyboard"),
        ];
        let themes = Theme::ALL.map(|one| Choice::new(one.code(), one.title()));
        let chosen = self.look.language.map_or(ANY, Language::tag);
        let fields = html! {
            (Choices::one("language", "Language", languages).chosen([chosen])
                .hint("Names, notes and what others wrote stay as they are."))
            (Choices::one("density", "Spacing", densities).chosen([self.look.density.code()]))
            (Choices::one("theme", "Colours", themes.to_vec()).chosen([self.look.theme.code()]).across())
            div.buttons { (Button::primary("Save")) }
        };
        let body = html! { section.card { (Form::post(csrf, HERE, fields).keep("to", HERE)) } };
        let page = Page::new("Language and look", body)
            .layout(Layout::Column)
            .lead("Kept in this browser, for your account alone.");
        match self.done {
            Some(()) => page.notice(Banner::new(Tone::Good, "Saved")),
            None => page,
        }
    }

    fn samples() -> Vec<Self> {
        let dense = Look {
            language: Some(Language::French),
            density: Density::Dense,
            theme: Theme::Dark,
        };
        vec![
            Self {
                look: Look::default(),
                done: None,
            },
            Self {
                look: dense,
                done: Some(()),
            },
        ]
    }
}

/// `GET /look`
pub(super) async fn show(_: Pages, ask: Ask) -> Outcome {
    let page = Choose {
        look: ask.look,
        done: ask.query("done").map(|_| ()),
    };
    Ok(Reply::page(&ask, &page))
}

/// `POST /look`: what the form names is changed, the rest stays; then back to where the person was.
pub(super) async fn save(_: Pages, ask: Ask) -> Outcome {
    let fields = ask.fields(&[
        Take::One("language"),
        Take::One("density"),
        Take::One("theme"),
        Take::One("to"),
    ])?;
    let now = ask.look;
    let look = Look {
        language: match fields.one("language") {
            "" => now.language,
            tag => Language::of_tag(tag),
        },
        density: Density::of_code(fields.one("density")).unwrap_or(now.density),
        theme: Theme::of_code(fields.one("theme")).unwrap_or(now.theme),
    };
    let to = match ask.onward() {
        here if here.path() == HERE => Local::with(HERE, &[("done", "1")]),
        elsewhere => elsewhere,
    };
    Ok(Reply::to(to).cookie(ask.look_cookie(look)))
}
