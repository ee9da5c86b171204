//! `/lists/measures`: the clinic's usual reports with how many of each there are, so that every number opens the list of whom it
//! counts. The page does not wait for the counting.

use aceso_base::Instant;
use aceso_print::{Paper, Table as PaperTable};
use aceso_web::page::{
    Button, Card, Column, Csrf, Form, Link, Page, Tab, Table, Tabs, Tag, Tone, View, language, say,
    words,
};
use aceso_web::site::{Ask, Local, Outcome, PageFault, Reply};
use maud::{Markup, html};

use super::HERE;
use super::find::{must, totals};
use super::kept::Totals;
use super::measure::{CARE, Counts, Plan, REGISTERS, VACCINES};
use crate::Staff;
use crate::csv::{Csv, attached};
use crate::words::{field_day, moment};

/// The address.
pub(crate) const MEASURES: &str = "/lists/measures";
/// Where the figures come from.
const COUNTED: &str = "/lists/measures/counted";

/// A report with its numbers.
struct Counted {
    group: &'static str,
    title: &'static str,
    source: &'static str,
    counts: Counts,
    /// Where those are listed whom it is about, and those whom the second question counts.
    lists: [String; 2],
    /// How many there are of each; none before they are counted.
    numbers: Option<[u64; 2]>,
}

impl Counted {
    /// How many it is about.
    fn all(&self) -> Option<u64> {
        self.numbers.map(|[all, _]| all)
    }

    /// For how many of all it is as it should be, and for how many it is not.
    fn done_and_open(&self) -> Option<(u64, u64)> {
        let [all, then] = self.numbers?;
        let rest = all.saturating_sub(then);
        match self.counts {
            Counts::Done => Some((then, rest)),
            Counts::Open => Some((rest, all.saturating_sub(rest))),
            Counts::All => None,
        }
    }

    /// In whole percent; none where there is nobody.
    fn percent(&self) -> Option<u64> {
        let (done, _) = self.done_and_open()?;
        (done * 100).checked_div(self.all()?)
    }

    /// How many there are, are done and are open, and which share is, as a table shows them.
    fn cells(&self) -> [String; 4] {
        let shown = |number: Option<u64>| number.map_or_else(String::new, |n| n.to_string());
        let (done, open) = self.done_and_open().unzip();
        let share = self.percent().map(|p| format!("{p} %"));
        let share = share.unwrap_or_default();
        [shown(self.all()), shown(done), shown(open), share]
    }
}

/// The page.
pub(crate) struct Measures {
    counted: Vec<Counted>,
    /// When they were counted; none before they are.
    made: Option<Instant>,
}

/// `GET /lists/measures`: waits for nothing. Figures that were not counted lately come after it, from [`COUNTED`].
pub(crate) async fn show(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    let page = match Measures::lately(&staff, &ask)? {
        Some(page) => page,
        None => Measures::of(&plan(staff.store().now())?, None),
    };
    Ok(Reply::page(&ask, &page))
}

/// `GET /lists/measures/counted`: with the figures, counted now where they were not lately.
pub(crate) async fn counted(staff: Staff, ask: Ask) -> Outcome {
    let page = Measures::counted(&staff, &ask).await?;
    Ok(Reply::page(&ask, &page))
}

/// `POST /lists/measures`: what was counted is forgotten, so that it is counted anew.
pub(crate) async fn again(staff: Staff, ask: Ask) -> Outcome {
    must(&staff, &ask)?;
    ask.fields(&[])?;
    if let Some(person) = ask.caller()?.as_person() {
        staff.reports().forget(person);
    }
    Ok(Reply::to(Local::with(MEASURES, &[])))
}

/// `GET /lists/measures/csv`: numbers only, nobody is named.
pub(crate) async fn csv(staff: Staff, ask: Ask) -> Outcome {
    let page = Measures::counted(&staff, &ask).await?;
    let heading = [
        "Group", "Report", "Source", "Patients", "Done", "To do", "Share",
    ];
    let mut csv = Csv::new(&heading);
    for one in &page.counted {
        let [all, done, open, share] = one.cells();
        csv.row([
            words(one.group).to_string(),
            words(one.title).to_string(),
            words(one.source).to_string(),
            all,
            done,
            open,
            share,
        ]);
    }
    Ok(Reply::other(csv.file("measures.csv")))
}

/// `GET /lists/measures/pdf`: numbers only.
pub(crate) async fn pdf(staff: Staff, ask: Ask) -> Outcome {
    let page = Measures::counted(&staff, &ask).await?;
    let now = staff.store().now();
    let mut paper = Paper::new(words("Reports of the clinic").to_string())
        .language(language().tag())
        .number(say("Page {0} of {1}", &[&"{0}", &"{1}"]))
        .head(&staff.settings().clinic)
        .foot(say("Made {0}", &[&moment(page.made.unwrap_or(now))]));
    let about = words("Among the patients whose records the maker can open.");
    paper.paragraph(about.to_string());
    let heads = ["Report", "Patients", "Done", "To do", "Share"];
    let heads = heads.map(|head| words(head).to_string());
    let columns = heads.iter().map(String::as_str);
    let columns = columns.zip([3.4, 1.0, 0.8, 0.8, 0.8]);
    let mut table = PaperTable::new(&columns.collect::<Vec<_>>());
    for one in &page.counted {
        let [all, done, open, share] = one.cells();
        let title = [words(one.title).to_string(), words(one.source).to_string()].join("\n");
        table.row([title, all, done, open, share]);
    }
    paper.table(table);
    let pdf = tokio::task::spawn_blocking(move || paper.pdf()).await;
    let pdf = pdf.map_err(PageFault::hidden)?.map_err(PageFault::hidden)?;
    Ok(Reply::other(attached(
        pdf,
        "application/pdf",
        "measures.pdf",
    )))
}

/// What the reports ask on the day of a moment.
fn plan(at: Instant) -> Result<Plan, PageFault> {
    let today = field_day(at).parse().map_err(PageFault::hidden)?;
    Ok(Plan::of(today))
}

impl Measures {
    /// What was counted lately for whoever asks, if anything was.
    fn lately(staff: &Staff, ask: &Ask) -> Result<Option<Self>, PageFault> {
        let person = ask.caller()?.as_person();
        let now = staff.store().now();
        let totals = person.and_then(|p| staff.reports().of(p, now));
        let shown = |totals: Totals| Ok(Self::of(&plan(totals.at)?, Some(&totals)));
        totals.map(shown).transpose()
    }

    /// What was counted lately, else what is counted now.
    async fn counted(staff: &Staff, ask: &Ask) -> Result<Self, PageFault> {
        must(staff, ask)?;
        if let Some(page) = Self::lately(staff, ask)? {
            return Ok(page);
        }
        let at = staff.store().now();
        let plan = plan(at)?;
        let numbers = totals(staff, ask, &plan.criteria()).await?.into();
        let totals = Totals { at, numbers };
        let page = Self::of(&plan, Some(&totals));
        if let Some(person) = ask.caller()?.as_person() {
            staff.reports().keep(person, totals);
        }
        Ok(page)
    }

    fn of(plan: &Plan, totals: Option<&Totals>) -> Self {
        let number = |place: usize| totals?.numbers.get(place).copied();
        let counted = plan.reports().map(|(one, [all, then])| Counted {
            group: one.group,
            title: one.title,
            source: one.source,
            counts: one.counts,
            numbers: number(all.0).zip(number(then.0)).map(<[u64; 2]>::from),
            lists: [all.1, then.1],
        });
        Self {
            counted: counted.collect(),
            made: totals.map(|totals| totals.at),
        }
    }

    fn table(&self, group: &'static str) -> Markup {
        let columns = [
            Column::text("Report"),
            Column::number("Patients"),
            Column::number("Done"),
            Column::number("To do"),
            Column::number("Share"),
        ];
        let mut table = Table::new(group, &columns).under_heading();
        for one in self.counted.iter().filter(|c| c.group == group) {
            let [all, done, open, share] = one.cells();
            let [whole, then] = &one.lists;
            let linked = |number: String, wanted: Counts| {
                html! {
                    @if one.counts == wanted && !number.is_empty() { a href=(then) { (number) span.hidden { ": list of " (words(one.title)) } } }
                    @else { (number) }
                }
            };
            table.row(vec![
                html! { (words(one.title)) p.soft.small { (words(one.source)) } },
                html! { @if !all.is_empty() { a href=(whole) { (all) span.hidden { " patients: " (words(one.title)) } } } },
                linked(done, Counts::Done),
                linked(open, Counts::Open),
                html! { @if let Some(percent) = one.percent() { (Tag::new(tone(percent), share)) } },
            ]);
        }
        html! { (table) }
    }
}

const fn tone(percent: u64) -> Tone {
    match percent {
        0..50 => Tone::Danger,
        50..80 => Tone::Warning,
        _ => Tone::Good,
    }
}

/// The lists and the reports side by side.
pub(super) fn tabs(here: &str) -> Tabs {
    let tabs = vec![Tab::new("Ask", HERE), Tab::new("Reports", MEASURES)];
    Tabs::new("Lists and reports", tabs, here)
}

impl View for Measures {
    fn page(&self, csrf: &Csrf) -> Page {
        let again = html! { (Button::secondary("Count again")) };
        let body = html! {
            (tabs(MEASURES))
            div.stack id="figures" data-soon=[self.made.is_none().then_some(COUNTED)] {
                @match self.made {
                    Some(made) => p.soft.small { "Counted " (moment(made)) },
                    None => {
                        p.till-then { a href=(COUNTED) { "Show the figures" } }
                        p.while-busy role="status" { "The figures are being counted…" }
                    }
                }
                @for group in [VACCINES, CARE, REGISTERS] { (Card::new(group, self.table(group))) }
            }
        };
        let acts = html! {
            (Form::post(csrf, MEASURES, again).inline())
            (Link::secondary("As a table", [MEASURES, "/csv"].concat()))
            (Link::secondary("As a PDF", [MEASURES, "/pdf"].concat()))
        };
        Page::new("Reports", body)
            .here(HERE)
            .acts(acts)
            .lead("Among the patients whose records you can open. Each number opens its list.")
    }

    fn samples() -> Vec<Self> {
        let counted = |group, counts, numbers| Counted {
            group,
            title: "Influenza this season, 65 and older",
            source: "ACIP adult schedule",
            counts,
            lists: [HERE, HERE].map(str::to_owned),
            numbers,
        };
        let page = |counted, made| Self { counted, made };
        vec![
            page(
                vec![
                    counted(VACCINES, Counts::Open, Some([10, 4])),
                    counted(CARE, Counts::Done, Some([8, 2])),
                    counted(CARE, Counts::Done, Some([0, 0])),
                    counted(REGISTERS, Counts::All, Some([3, 3])),
                ],
                Some(Instant::from_millis(1_772_625_600_000)),
            ),
            page(vec![counted(VACCINES, Counts::Open, None)], None),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_open_is_what_is_left_of_all() {
        let of = |counts| Counted {
            group: CARE,
            title: "",
            source: "",
            counts,
            lists: [String::new(), String::new()],
            numbers: Some([10, 4]),
        };
        assert_eq!(of(Counts::Open).cells(), ["10", "6", "4", "60 %"]);
        assert_eq!(of(Counts::Done).cells(), ["10", "4", "6", "40 %"]);
        assert_eq!(of(Counts::All).cells(), ["10", "", "", ""]);
    }
}
