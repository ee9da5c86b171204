//! `/admin/codes/load`: a file of codes becomes a CodeSystem: a new one, or the next version of the one with its address.

use aceso_fhir::terminology::{BadLine, CodeFile, Codes};
use aceso_policy::Purpose;
use aceso_web::page::{
    Banner, Button, Choice, Csrf, Errors, Field, FileField, Form, Layout, Link, Page, Select, Tone,
    View, say, words,
};
use aceso_web::site::{Ask, LARGEST_FILE, Outcome, PageFault, Reply, Take};
use maud::html;

use super::{HERE, crumbs};
use crate::Staff;
use crate::codes::KIND;
use crate::find::escaped;
use crate::patient::record::{Wanted, searches};
use crate::patient::save::{checked, refused};

/// The form.
pub(crate) struct LoadCodes {
    file: CodeFile,
    url: String,
    name: String,
    version: String,
    errors: Errors,
}

/// What people call the kinds of files.
const fn said(file: CodeFile) -> &'static str {
    match file {
        CodeFile::Icd10Cm => "ICD-10-CM: list of codes (icd10cm-codes-….txt)",
        CodeFile::Loinc => "LOINC: table (Loinc.csv)",
        CodeFile::RxNorm => "RxNorm: names (RXNCONSO.RRF)",
        CodeFile::Snomed => "SNOMED CT: descriptions (sct2_Description_Snapshot-en_….txt)",
        CodeFile::Csv => "A table of your own: CSV with the columns code and display",
        CodeFile::Ndjson => "A list of your own: NDJSON with code and display",
    }
}

/// What is wrong with a line, as people are told.
const fn told(why: BadLine) -> &'static str {
    match why {
        BadLine::Text => "it is not UTF-8 text",
        BadLine::Heading => "the heading does not name the columns of the code and of its text",
        BadLine::Short => "it has too few columns",
        BadLine::Json => "it is not a JSON object",
        BadLine::Quote => "a quotation mark is not closed",
        BadLine::Code => "the code is missing, has blanks around it or is too long",
        BadLine::Display => "the text of the code is missing",
        BadLine::Twice => "the code stands further up with another text",
        BadLine::TooMany => "more than 200,000 codes: load a part of the code system",
        BadLine::Nothing => "no code that is in use was found: is it a file of this kind?",
    }
}

/// `GET /admin/codes/load`
pub(crate) async fn show(_: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &LoadCodes::new()))
}

/// `POST /admin/codes/load`
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    let fields = ask.fields(&["kind", "url", "name", "version"].map(Take::One))?;
    let mut page = LoadCodes {
        file: CodeFile::of(fields.one("kind")).unwrap_or(CodeFile::Csv),
        url: fields.trimmed("url").to_owned(),
        name: fields.trimmed("name").to_owned(),
        version: fields.trimmed("version").to_owned(),
        errors: Errors::none(),
    };
    page.check();
    let codes = page.read(&ask).await?;
    let Some(codes) = codes.filter(|_| page.errors.is_empty()) else {
        if ask.file("file")?.is_some() && page.errors.text_of("file").is_none() {
            let again = "Choose the file once more: browsers do not keep it";
            page.errors.add("file", again);
        }
        return Ok(Reply::wrong(&ask, &page));
    };
    page.keep(&staff, &ask, &codes).await?;
    Ok(Reply::to_path(HERE))
}

impl LoadCodes {
    fn new() -> Self {
        Self {
            file: CodeFile::Icd10Cm,
            url: String::new(),
            name: String::new(),
            version: String::new(),
            errors: Errors::none(),
        }
    }

    fn check(&mut self) {
        if let Some((url, name)) = self.file.system() {
            url.clone_into(&mut self.url);
            name.clone_into(&mut self.name);
        }
        let plain =
            |c: char| c.is_ascii_graphic() && !matches!(c, '|' | ',' | '#' | '"' | '<' | '>');
        let address = self.url.split_once(':').is_some_and(|(scheme, rest)| {
            ["http", "https", "urn"].contains(&scheme) && !rest.is_empty()
        });
        if !address || self.url.len() > 200 || !self.url.chars().all(plain) {
            let text = "Enter the address by which its codes are known, as http://example.org/codes or urn:example:codes";
            self.errors.add("url", text);
        }
        if self.name.is_empty() || self.name.chars().count() > 100 {
            self.errors
                .add("name", "Give it a name, 100 letters at most");
        }
        if self.version.is_empty() || self.version.chars().count() > 40 {
            let text = "Enter its version as its publisher writes it, as 2026 or 2.81";
            self.errors.add("version", text);
        }
    }

    async fn read(&mut self, ask: &Ask) -> Result<Option<Codes>, PageFault> {
        let Some(upload) = ask.file("file")? else {
            self.errors.add("file", "Choose a file");
            return Ok(None);
        };
        let (file, bytes) = (self.file, upload.bytes.clone());
        let reading = tokio::task::spawn_blocking(move || Codes::read(file, &bytes));
        match reading.await.map_err(PageFault::hidden)? {
            Ok(codes) => Ok(Some(codes)),
            Err(bad) => {
                let text = say("Line {0}: {1}", &[&bad.line, &words(told(bad.why))]);
                self.errors.add("file", text);
                Ok(None)
            }
        }
    }

    /// Over the one with its address, whose earlier version stays in the history.
    async fn keep(&self, staff: &Staff, ask: &Ask, codes: &Codes) -> Result<(), PageFault> {
        let wanted = Wanted::new(KIND).with("url", escaped(&self.url)).most(1);
        let found = searches(staff, ask, vec![wanted]).await?;
        let mut there = found.into_iter().flatten().flat_map(|f| f.matches);
        let there = there.next();
        let mut document = codes.system(&self.url, &self.name, &self.version);
        let id = match there.as_ref().and_then(|d| d.id()) {
            Some(id) => id.to_owned(),
            None => staff.store().new_id(),
        };
        document.set("id", id.as_str());
        // Many thousand codes are looked over.
        let checking = tokio::task::spawn_blocking(move || checked(document));
        let document = checking.await.map_err(PageFault::hidden)??;
        let mut tx = staff.store().write(ask.caller()?, Purpose::Operations);
        match there {
            Some(_) => drop(tx.update(&id, document, None).await.map_err(refused)?),
            None => drop(tx.create(&id, document).map_err(refused)?),
        }
        tx.commit().await.map_err(refused)
    }
}

impl View for LoadCodes {
    fn page(&self, csrf: &Csrf) -> Page {
        let kinds = CodeFile::ALL.map(|file| Choice::new(file.word(), said(file)));
        let file = FileField::new("file", "File", ".txt,.csv,.rrf,.ndjson,.json", LARGEST_FILE)
            .errors(&self.errors)
            .hint("As its publisher hands it out, unpacked, 20 MB at most. For a larger one: aceso codes load");
        let fields = html! {
            (self.errors)
            (Select::new("kind", "Kind of file", kinds.into()).chosen(self.file.word()))
            (file)
            (Field::text("version", "Version").value(&self.version).errors(&self.errors).short().longest(40).hint("2026, 2.81, 20260301"))
            fieldset.group {
                legend { "For a table of your own" }
                (Field::text("name", "Name").value(&self.name).errors(&self.errors).optional().longest(100))
                (Field::text("url", "Address").value(&self.url).errors(&self.errors).optional().longest(200).hint("By which its codes are known: urn:example:codes"))
            }
            div.buttons { (Button::primary("Load")) (Link::quiet("Cancel", HERE)) }
        };
        let form = Form::post(csrf, [HERE, "/load"].concat(), fields).with_files();
        let licence = Banner::new(Tone::Info, "Look at the licence first")
            .body(html! { p { "SNOMED CT, LOINC and RxNorm may be used only by whoever accepted their licences; the program brings none of them along." } });
        Page::new("Load a file of codes", html! { div.card { (form) } })
            .layout(Layout::Column)
            .here(HERE)
            .crumbs(crumbs())
            .notice(licence)
    }

    fn samples() -> Vec<Self> {
        let wrong = Self {
            file: CodeFile::Csv,
            errors: Errors::one(
                "file",
                say("Line {0}: {1}", &[&3, &words(told(BadLine::Short))]),
            ),
            ..Self::new()
        };
        vec![Self::new(), wrong]
    }
}
