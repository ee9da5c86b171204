//! `/report`: the form, without an account. What is sent is text to us, whatever is in it.

use aceso_desk::When;
use aceso_desk::report::{
    Answers, Attachment, Dkim, Envelope, Gate, Question, Report, Source, file_kind, file_name,
    inert,
};
use aceso_store::Credit;
use aceso_web::page::{
    Button, Choice, Choices, Crumb, Csrf, Errors, Field, FileField, Form, Layout, Link, Page, View,
};
use aceso_web::site::{Ask, Fields, LARGEST_FILE, Outcome, PageFault, Reply, Take, Upload};
use maud::html;

use crate::DeskWeb;
use crate::fault::fault;
use crate::intake::{IntakeError, receive};

/// The most characters of a long field.
const LONG: u32 = 50_000;
const SHORT: u32 = 200;
/// The files' field, and how many there may be.
const FILES: &str = "files";
const MOST_FILES: usize = 10;

const FIELDS: [Take; 13] = [
    Take::One("product"),
    Take::One("version"),
    Take::One("subject"),
    Take::One("text"),
    Take::One("steps"),
    Take::One("impact"),
    Take::One("exploited"),
    Take::One("public"),
    Take::One("disclosure"),
    Take::One("name"),
    Take::One("mail"),
    Take::One("credit"),
    Take::One("credit_name"),
];

/// The form, empty or as it was typed.
pub(crate) struct ReportForm {
    products: Vec<String>,
    typed: Fields,
    errors: Errors,
}

pub(crate) async fn show(web: DeskWeb, ask: Ask) -> Outcome {
    let page = ReportForm {
        products: web.settings().products.clone(),
        typed: Fields::default(),
        errors: Errors::none(),
    };
    Ok(Reply::page(&ask, &page))
}

pub(crate) async fn send(web: DeskWeb, ask: Ask) -> Outcome {
    let typed = ask.fields(&FIELDS)?;
    let now = web.desk().now();
    let mut page = ReportForm {
        products: web.settings().products.clone(),
        errors: look(&typed),
        typed,
    };
    let disclosure = page.disclosure();
    let files = ask.files(FILES)?;
    attachable(files, &mut page.errors);
    if !page.errors.is_empty() {
        return Ok(Reply::wrong(&ask, &page));
    }
    web.flood()
        .take(ask.visit.peer, now)
        .map_err(PageFault::Busy)?;
    let mut report = read(&page.typed, now, disclosure);
    report.attachments = files.iter().map(listed).collect();
    let files = files
        .iter()
        .map(|f| (file_name(&f.name), file_kind(&f.kind), f.bytes.to_vec()));
    let credit = match (page.typed.one("credit"), page.typed.trimmed("credit_name")) {
        ("yes", name) if !name.is_empty() => Credit::As(inert(name)),
        _ => Credit::No,
    };
    let products = &web.settings().products;
    match receive(web.desk(), products, report, (credit, files.collect())).await {
        Ok(sent) => Ok(Reply::to_path(&format!("/report/status/{}", sent.token))),
        Err(IntakeError::Evidence(gate)) => {
            ask_for(&gate, &mut page.errors);
            if !ask.files(FILES)?.is_empty() {
                page.errors.add(FILES, "Choose the files again");
            }
            Ok(Reply::wrong(&ask, &page))
        }
        Err(IntakeError::Desk(error)) => Err(fault(error)),
        Err(IntakeError::Random(error)) => Err(PageFault::hidden(error)),
        Err(IntakeError::Mail(error)) => Err(PageFault::hidden(error)),
    }
}

/// What stands against the files.
fn attachable(files: &[Upload], errors: &mut Errors) {
    if files.len() > MOST_FILES {
        errors.add(FILES, "At most 10 files; put them into an archive");
    }
    if files.iter().any(|f| f.bytes.is_empty()) {
        errors.add(FILES, "A file is empty");
    }
    if !errors.is_empty() && !files.is_empty() && errors.of(FILES).is_none() {
        errors.add(FILES, "Choose the files again");
    }
}

fn listed(file: &Upload) -> Attachment {
    Attachment {
        name: file_name(&file.name),
        kind: file_kind(&file.kind),
        size: u64::try_from(file.bytes.len()).unwrap_or(u64::MAX),
    }
}

/// What stands against the form before anybody weighs its evidence.
fn look(typed: &Fields) -> Errors {
    let mut errors = Errors::none();
    for (name, what) in [
        ("product", "Say which product it is"),
        ("subject", "Say in a line what it is"),
        ("text", "Describe what you found"),
    ] {
        if typed.trimmed(name).is_empty() {
            errors.add(name, what);
        }
    }
    for name in ["text", "steps", "impact"] {
        if typed.one(name).chars().count() > 50_000 {
            errors.add(
                name,
                "At most 50,000 characters; send the rest on the status page",
            );
        }
    }
    let mail = typed.trimmed("mail");
    if !mail.is_empty()
        && (mail.len() > 254 || !mail.contains('@') || mail.contains(char::is_whitespace))
    {
        errors.add("mail", "Write it like name@example.org, or leave it empty");
    }
    if typed.one("credit") == "yes" && typed.trimmed("credit_name").is_empty() {
        errors.add("credit_name", "Say by which name we may thank you");
    }
    errors
}

/// What a report with too little is asked, beside the fields that would answer it.
fn ask_for(gate: &Gate, errors: &mut Errors) {
    for question in &gate.questions {
        let field = match question {
            Question::Product => "product",
            Question::Version => "version",
            Question::Steps => "steps",
            Question::Observed | Question::Readable => "text",
            Question::Impact => "impact",
        };
        if errors.of(field).is_none() {
            errors.add(field, question.text());
        }
    }
}

fn read(typed: &Fields, at: When, disclosure: Option<When>) -> Report {
    let some = |name| Some(inert(typed.trimmed(name))).filter(|t| !t.is_empty());
    let said = |name| match typed.one(name) {
        "yes" => "the reporter says that it is".to_owned(),
        _ => String::new(),
    };
    let mut text = inert(typed.trimmed("text"));
    if typed.one("public") == "yes" {
        text.push_str("\n\nThe reporter says that it is public already.");
    }
    Report {
        at,
        source: Source::Form,
        from: some("mail"),
        name: some("name"),
        subject: inert(typed.trimmed("subject")),
        text,
        attachments: Vec::new(),
        answers: Answers {
            product: inert(typed.trimmed("product")),
            version: inert(typed.trimmed("version")),
            steps: inert(typed.trimmed("steps")),
            impact: inert(typed.trimmed("impact")),
            exploited: said("exploited"),
            disclosure,
        },
        dkim: Dkim::None,
        envelope: Envelope::Plain,
        message_id: None,
    }
}

impl ReportForm {
    /// The day on which the reporter means to tell everybody.
    fn disclosure(&mut self) -> Option<When> {
        let day = self.typed.trimmed("disclosure");
        if day.is_empty() {
            return None;
        }
        let read: Option<When> = format!("{day}T00:00:00Z").parse().ok();
        if read.is_none() {
            self.errors
                .add("disclosure", "Choose a day, or leave it empty");
        }
        read
    }

    fn area(&self, name: &'static str, label: &'static str) -> Field {
        Field::area(name, label)
            .value(self.typed.one(name))
            .errors(&self.errors)
            .longest(LONG)
    }

    fn text(&self, name: &'static str, label: &'static str) -> Field {
        Field::text(name, label)
            .value(self.typed.one(name))
            .errors(&self.errors)
            .longest(SHORT)
    }

    fn yes_no(
        &self,
        name: &'static str,
        label: &'static str,
        yes: &'static str,
        no: &'static str,
    ) -> Choices {
        let chosen = if self.typed.one(name) == "yes" {
            "yes"
        } else {
            "no"
        };
        let choices = vec![Choice::new("no", no), Choice::new("yes", yes)];
        Choices::one(name, label, choices).across().chosen([chosen])
    }
}

impl View for ReportForm {
    fn page(&self, csrf: &Csrf) -> Page {
        let fields = html! {
            (self.errors)
            h2 { "What you found" }
            (self.text("product", "Product").offers(self.products.iter().map(String::as_str)).hint("And which part of it: a page, an address, a function"))
            (self.text("version", "Version").optional().hint("It stands at the foot of every page, and aceso --version says it"))
            (self.text("subject", "In a line"))
            (self.area("text", "What you found, and what you saw"))
            (self.area("steps", "How to see it").optional().hint("Step by step from a new installation on; a request or a script is best. It is kept as text, and never run"))
            (self.area("impact", "What somebody can do with it").optional().hint("And what they need for it: an account, a network, a person who clicks"))
            (FileField::new(FILES, "Files", "", LARGEST_FILE).many().optional().errors(&self.errors).hint("Screenshots, logs, a script: at most 10, 20 MB together. They are sealed as they come, and never opened by us without care"))
            (self.yes_no("exploited", "Is it being exploited?", "Yes, I have seen signs of it", "Not that I know"))
            (self.yes_no("public", "Is it public?", "Yes", "No"))
            h2 { "You" }
            p.hint { "All of this may stay empty. You can follow your report without telling us who you are." }
            (self.text("name", "Your name").any().autocomplete("name"))
            (Field::email("mail", "Your e-mail address").any().value(self.typed.one("mail")).errors(&self.errors).autocomplete("email"))
            (Field::date("disclosure", "The day on which you mean to publish").any().value(self.typed.one("disclosure")).errors(&self.errors).hint("UTC. Leave it empty if you have none in mind"))
            (self.yes_no("credit", "May we thank you by name in the advisory?", "Yes", "No"))
            (self.text("credit_name", "By this name").any().hint("You can change your mind on the status page until it is published"))
            div.buttons { (Button::primary("Send the report")) (Link::quiet("Cancel", "/")) }
        };
        Page::new("Report a vulnerability", html! { div.card { (Form::post(csrf, "/report", fields).with_files()) } })
            .layout(Layout::Column)
            .crumbs(vec![Crumb::new("Security", "/")])
            .lead("You get a case number and a secret link to follow it at once. Please send no patient's data: describe it instead.")
    }

    fn samples() -> Vec<Self> {
        let one = |errors| Self {
            products: vec!["Aceso".into()],
            typed: Fields::default(),
            errors,
        };
        vec![
            one(Errors::none()),
            one(Errors::one("text", "Describe what you found")),
        ]
    }
}
