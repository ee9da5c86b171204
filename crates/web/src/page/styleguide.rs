//! Every part on one page, to be looked at.

use maud::{Markup, Render, html, words};

use super::{
    Banner, Button, Card, Choices, Crumb, Csrf, Empty, Entries, Errors, Facts, Field, FileField,
    Form, Icon, Link, Page, Pager, Panel, Plot, Readings, Select, Spark, Steps, Table, Tabs, Tag,
    Toast, View,
};

/// Every part on one page; only a demonstration serves it.
#[derive(Clone, Copy, Debug)]
pub struct Styleguide;

fn all<T: Render>(parts: &[T]) -> Markup {
    html! { @for part in parts { (part.render()) } }
}

/// How a part may have to look besides.
#[derive(Clone, Copy, Debug)]
enum Clothes {
    Theme(&'static str),
    Dense,
    RightToLeft,
}

const CLOTHES: [(&str, Clothes); 4] = [
    ("In light colours", Clothes::Theme("light")),
    ("In dark colours", Clothes::Theme("dark")),
    ("Dense", Clothes::Dense),
    ("From right to left", Clothes::RightToLeft),
];

/// Parts without fields, which would have the same ids twice.
fn other(title: &'static str, clothes: Clothes) -> Markup {
    let (theme, density, dir) = match clothes {
        Clothes::Theme(theme) => (Some(theme), None, None),
        Clothes::Dense => (None, Some("dense"), None),
        Clothes::RightToLeft => (None, None, Some("rtl")),
    };
    html! {
        section.card.clothes data-theme=[theme] data-density=[density] dir=[dir] {
            h2 { (words(title)) }
            (all(&Banner::samples()))
            div.row { (all(&Tag::samples())) (all(&Link::samples())) }
            (all(&Readings::samples()))
            (all(&Plot::samples()))
            (all(&Entries::samples()))
            (all(&Table::samples()))
            div.stack.tight { (all(&Toast::samples())) }
            (all(&Steps::samples()))
        }
    }
}

fn section(title: &'static str, body: &Markup) -> Markup {
    html! { section.card { h2 { (words(title)) } (body) } }
}

impl View for Styleguide {
    fn page(&self, csrf: &Csrf) -> Page {
        let typed = html! { (all(&Field::samples())) (all(&FileField::samples())) (all(&Select::samples())) (all(&Choices::samples())) };
        let form = Form::post(
            csrf,
            "/styleguide",
            html! { (typed) div.buttons { (all(&Button::samples())) } },
        );
        let body = html! {
            (section("Messages", &html! { (all(&Errors::samples())) (all(&Banner::samples())) }))
            (section("Links as buttons", &html! { div.row { (all(&Link::samples())) } }))
            (section("A form", &html! { (form) }))
            (section("Tags", &html! { div.row { (all(&Tag::samples())) } }))
            (section("Tabs and steps", &html! { (all(&Tabs::samples())) (all(&Steps::samples())) }))
            (section("A table", &all(&Table::samples())))
            (section("Pages of a list", &all(&Pager::samples())))
            (section("Facts", &all(&Facts::samples())))
            (all(&Card::samples()))
            (section("A dense list", &all(&Entries::samples())))
            (section("Measurements", &html! { (all(&Readings::samples())) (all(&Spark::samples())) (all(&Plot::samples())) }))
            (section("Nothing there", &all(&Empty::samples())))
            (section("Messages that pass", &html! { div.stack.tight { (all(&Toast::samples())) } }))
            (section("A panel beside what one reads", &all(&Panel::samples())))
            @for (title, clothes) in CLOTHES { (other(title, clothes)) }
            (section("Icons", &html! { div.row { (all(&Icon::samples())) } }))
        };
        Page::new("Style guide", body)
            .here("/styleguide")
            .crumbs(Crumb::samples())
            .lead("Every part that pages are made of.")
    }

    fn samples() -> Vec<Self> {
        vec![Self]
    }
}
