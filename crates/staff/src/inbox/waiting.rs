//! Results and documents that came lately and that nobody has looked at.

use aceso_base::Instant;
use aceso_clinic::{Level, Sex};
use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::site::{Ask, PageFault};

use super::review::{ESCALATED, is, is_seen};
use crate::Staff;
use crate::chart::person;
use crate::chart::result::{Test, tests};
use crate::chart::{codes, concept};
use crate::letters::letter::LETTER;
use crate::patient::record::{Found, Wanted, searches};
use crate::patient::save::{may, signer};
use crate::words::field_day;

/// What is older than this many days waits for nobody any more: it came with an import.
pub(super) const DAYS: i64 = 30;
/// Somebody has to look at a critical result within an hour of its arrival.
pub(crate) const CRITICAL_MILLIS: i64 = 3_600_000;
/// At most so many of each type are looked at.
const MOST: u32 = 200;

/// Something to look at.
#[derive(Clone, Debug)]
pub(crate) struct Waiting {
    /// `Observation/1`
    pub(crate) reference: String,
    /// The patient's id and name, and when they were born.
    pub(crate) patient: String,
    pub(crate) name: String,
    pub(crate) birth: Option<String>,
    pub(crate) sex: Sex,
    /// What it is.
    pub(crate) title: String,
    /// The result, for what has one.
    pub(crate) test: Option<Test>,
    /// When it was taken or written, as FHIR writes it.
    pub(crate) at: String,
    /// When it came.
    pub(crate) came: Instant,
    /// Whether the reader ordered it.
    pub(crate) ordered: bool,
    /// Whether it was handed on already.
    pub(crate) escalated: bool,
}

impl Waiting {
    /// Where its value lies.
    pub(crate) fn level(&self) -> Option<Level> {
        self.test.as_ref()?.answers.first()?.level
    }

    /// Whether somebody has to be told now.
    pub(crate) fn is_critical(&self) -> bool {
        self.level().is_some_and(Level::is_critical)
    }

    /// Until when somebody has to have looked at it, for a critical one.
    pub(crate) fn due(&self) -> Option<Instant> {
        self.is_critical()
            .then(|| self.came.plus_millis(CRITICAL_MILLIS))
    }

    /// The urgent first: critical, abnormal, documents, then what is normal.
    fn rank(&self) -> u8 {
        match self.level() {
            Some(level) if level.is_critical() => 0,
            Some(level) if level.is_abnormal() => 1,
            None => 2,
            Some(_) => 3,
        }
    }
}

/// All that waits among what the reader may see, the urgent first; none for roles that see no results.
pub(crate) async fn waiting(staff: &Staff, ask: &Ask) -> Result<Option<Vec<Waiting>>, PageFault> {
    // Who can say of nothing that they looked at it has no inbox, whatever they may see.
    if !may(staff, ask, Action::Create, "Task")? {
        return Ok(None);
    }
    let since = staff.store().now().plus_millis(-DAYS * 86_400_000);
    let since = ["ge", &field_day(since)].concat();
    let of = |kind: &'static str, patient: &str| {
        Wanted::new(kind)
            .with("date", since.clone())
            .with("_sort", "-date")
            .with("_include", [kind, ":", patient].concat())
            .with("_revinclude", "Task:focus")
            .most(MOST)
    };
    let wanted = vec![
        of("Observation", "patient")
            .with("category", "laboratory")
            .with("_include", "Observation:based-on"),
        of("DiagnosticReport", "patient").with("_include", "DiagnosticReport:based-on"),
        of("DocumentReference", "patient").with("status", "current"),
    ];
    let lists = searches(staff, ask, wanted).await?;
    if lists.iter().all(Option::is_none) {
        return Ok(None);
    }
    let me = signer(ask)?;
    let mut all: Vec<Waiting> = lists
        .iter()
        .flatten()
        .flat_map(|found| {
            let one = |document| of_document(found, document, me.as_ref());
            found.matches.iter().filter_map(one).collect::<Vec<_>>()
        })
        .collect();
    all.sort_by(|a, b| a.rank().cmp(&b.rank()).then_with(|| b.at.cmp(&a.at)));
    Ok(Some(all))
}

pub(super) fn of_document(found: &Found, document: &Value, me: Option<&Value>) -> Option<Waiting> {
    let kind = document.resource_type()?;
    let reference = [kind, "/", document.id()?].concat();
    let is_focus = |task: &&Value| {
        task.get("focus").and_then(|f| f.str_at("reference")) == Some(reference.as_str())
    };
    let tasks: Vec<&Value> = found.along.iter().filter(is_focus).collect();
    let mistaken = matches!(
        document.str_at("status"),
        Some("entered-in-error" | "cancelled" | "registered")
    );
    // A report's results stand for themselves; the clinic's own letters are known, and so is what the reader wrote.
    let own = me.is_some_and(|me| document.items_at("author").contains(me));
    let mut categories = document.items_at("category").iter();
    let letter = |c: &Value| codes(Some(c)).any(|code| code == LETTER);
    let own = own || categories.any(letter);
    let told = kind == "DiagnosticReport" && !document.items_at("result").is_empty();
    if mistaken || own || told || tasks.iter().any(|task| is_seen(task)) {
        return None;
    }
    let patient = found.target(document.get("subject"))?;
    let birth = patient.str_at("birthDate").map(str::to_owned);
    let sex = Sex::of_gender(patient.str_at("gender"));
    let test = match kind {
        "Observation" => {
            let one = std::slice::from_ref(document);
            Some(tests(one, birth.as_deref(), sex).into_iter().next()?)
        }
        _ => None,
    };
    let title = match &test {
        Some(test) => test.name.clone(),
        None => document
            .str_at("description")
            .map(str::to_owned)
            .or_else(|| concept(document.get("code")))
            .or_else(|| concept(document.get("type")))
            .unwrap_or_else(|| crate::words::say("Document", &[])),
    };
    let ordered = document.items_at("basedOn").iter().any(|order| {
        let order = found.target(Some(order));
        me.is_some() && order.and_then(|o| o.get("requester")) == me
    });
    let moment = ["effectiveDateTime", "date", "issued"];
    let mut moment = moment.iter().filter_map(|name| document.str_at(name));
    let updated = document.get("meta").and_then(|m| m.str_at("lastUpdated"));
    Some(Waiting {
        patient: patient.id()?.to_owned(),
        name: person::name(patient),
        birth,
        sex,
        title,
        test,
        at: moment.next().unwrap_or_default().to_owned(),
        came: arrival(document.str_at("issued"), updated),
        ordered,
        escalated: tasks.iter().any(|task| is(task, ESCALATED)),
        reference,
    })
}

/// When something came: the laboratory's word, else when it was written here.
fn arrival(issued: Option<&str>, updated: Option<&str>) -> Instant {
    let read = |text: &str| text.parse::<jiff::Timestamp>().ok();
    let at = updated.and_then(read).or_else(|| issued.and_then(read));
    Instant::from_millis(at.map_or(0, jiff::Timestamp::as_millisecond))
}
