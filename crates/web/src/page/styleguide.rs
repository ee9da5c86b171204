//! Every part on one page, to be looked at.

use maud::{Markup, Render, html};

use super::{
    Banner, Button, Card, Choices, Crumb, Csrf, Empty, Entries, Errors, Facts, Field, Form, Icon,
    Link, Page, Pager, Plot, Readings, Select, Spark, Steps, Table, Tabs, Tag, View,
};

/// Every part on one page; only a demonstration serves it.
#[derive(Clone, Copy, Debug)]
pub struct Styleguide;

fn all<T: Render>(parts: &[T]) -> Markup {
    html! { @for part in parts { (part.render()) } }
}

fn section(title: &str, body: &Markup) -> Markup {
    html! { section.card { h2 { (title) } (body) } }
}

impl View for Styleguide {
    fn page(&self, csrf: &Csrf) -> Page {
        let typed =
            html! { (all(&Field::samples())) (all(&Select::samples())) (all(&Choices::samples())) };
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
