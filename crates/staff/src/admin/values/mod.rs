//! `/admin/values`: the value lists that forms offer, and what is in them.

pub(crate) mod edit;

use aceso_web::page::{Column, Crumb, Csrf, Page, Table, Tag, Tone, View};
use aceso_web::site::{Ask, Outcome, Reply};
use maud::html;

use crate::Staff;
use crate::patient::orders::service::Service;
use crate::patient::orders::values::Picks;

/// The navigation's entry.
pub(crate) const HERE: &str = "/admin/values";

/// The page.
pub(crate) struct ValueLists {
    lists: Vec<(Service, Picks)>,
}

pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    let mut lists = Vec::new();
    for service in Service::ALL {
        lists.push((service, Picks::of(&staff, &ask, service).await?));
    }
    Ok(Reply::page(&ask, &ValueLists { lists }))
}

/// The address of a list.
fn path(service: Service) -> String {
    [HERE, "/", service.word()].concat()
}

fn crumbs() -> Vec<Crumb> {
    vec![crate::admin::crumb(), Crumb::new("Value lists", HERE)]
}

impl View for ValueLists {
    fn page(&self, _: &Csrf) -> Page {
        let columns = [
            Column::text("Offered in"),
            Column::number("Values"),
            Column::text("Comes from"),
        ];
        let mut table = Table::new("Value lists", &columns);
        for (service, picks) in &self.lists {
            let own = picks.all == Picks::own(*service);
            table.row(vec![
                html! { a href=(path(*service)) { (maud::words(service.act())) } },
                html! { (picks.all.len()) },
                html! { @if own { "the program" } @else { (Tag::new(Tone::Info, "this clinic")) } },
            ]);
        }
        Page::new("Value lists", html! { (table) })
            .here(HERE)
            .crumbs(vec![crate::admin::crumb()])
            .lead("What forms offer while somebody types. Anything else can be typed all the same.")
    }

    fn samples() -> Vec<Self> {
        let lists = Service::ALL.map(|service| {
            let picks = Picks {
                all: Picks::own(service),
                version: 0,
            };
            (service, picks)
        });
        vec![Self {
            lists: lists.into(),
        }]
    }
}
