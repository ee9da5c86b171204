//! `/patients/{patient}/photo`: the patient's photograph: a small picture of our own drawing (Patient.photo), taken from a
//! file or from a picture among the documents, and taken away again.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::{Button, Csrf, Errors, FileField, Form, Layout, Link, Page, View};
use aceso_web::site::{Ask, LARGEST_FILE, Outcome, PageFault, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderValue;
use maud::html;

use super::content::{bytes, of_address, sandboxed};
use super::show;
use crate::Staff;
use crate::antivirus::searched;
use crate::chart::document::Look;
use crate::chart::picture::{Size, redrawn};
use crate::chart::upload::{PICTURES, Refusal, photograph};
use crate::chart::write::one;
use crate::patient::record::patient;
use crate::patient::save::{Saved, change, may};
use crate::patient::top::{Top, open};

/// `GET /patients/{patient}/photo`
pub(crate) async fn file(staff: Staff, ask: Ask) -> Outcome {
    let (patient, _) = patient(&staff, &ask).await?;
    let photo = patient.items_at("photo").first();
    let data = photo.and_then(|p| p.str_at("data"));
    let data = data.and_then(|text| STANDARD.decode(text).ok());
    // What another system put there is drawn anew, too.
    let Ok(drawn) = redrawn(data.ok_or(PageFault::Missing)?, Size::Face).await? else {
        return Err(PageFault::Missing);
    };
    let inline = HeaderValue::from_static("inline; filename=\"photo.jpg\"");
    Ok(Reply::other(sandboxed(drawn, "image/jpeg", inline)))
}

/// `POST /patients/{patient}/documents/{document}/photo`: has the picture of a document stand beside the name.
pub(crate) async fn save(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    ask.fields(&[])?;
    if !may(&staff, &ask, Action::Update, "Patient")? {
        return Err(PageFault::Missing);
    }
    let document = of_address(&staff, &ask).await?;
    let found = bytes(&staff, &ask, &document).await?;
    let pictured = found.filter(|(attachment, _)| attachment.look() == Look::Picture);
    let (_, bytes) = pictured.ok_or(PageFault::Missing)?;
    match redrawn(bytes, Size::Face).await? {
        Ok(drawn) => put(&staff, &ask, Some(drawn)).await,
        Err(problem) => {
            let mut page = show::page(&staff, &ask).await?;
            page.errors = Errors::one("category", Refusal::from(problem).said());
            Ok(Reply::wrong(&ask, &page))
        }
    }
}

/// `POST /patients/{patient}/photo/remove`
pub(crate) async fn remove(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    ask.fields(&[])?;
    if !may(&staff, &ask, Action::Update, "Patient")? {
        return Err(PageFault::Missing);
    }
    put(&staff, &ask, None).await
}

/// The form for a photograph.
pub(crate) struct NewPhoto {
    top: Top,
    errors: Errors,
}

/// The address of the form.
pub(crate) fn path(patient: &str) -> String {
    [&crate::patient::path(patient), "/photo/new"].concat()
}

async fn form(staff: &Staff, ask: &Ask) -> Result<NewPhoto, PageFault> {
    if !may(staff, ask, Action::Update, "Patient")? {
        return Err(PageFault::Missing);
    }
    Ok(NewPhoto {
        top: open(staff, ask, Vec::new()).await?.top,
        errors: Errors::none(),
    })
}

/// `GET /patients/{patient}/photo/new`
pub(crate) async fn show_new(staff: Staff, ask: Ask) -> Outcome {
    Ok(Reply::page(&ask, &form(&staff, &ask).await?))
}

/// `POST /patients/{patient}/photo/new`
pub(crate) async fn save_new(staff: Staff, ask: Ask) -> Outcome {
    ask.of_patient()?;
    ask.fields(&[])?;
    let mut page = form(&staff, &ask).await?;
    let problem = match ask.file("file")? {
        None => "Choose a picture",
        Some(file) => match searched(&staff, &ask, &file.bytes).await? {
            Some(problem) => problem,
            None => match photograph(&file.bytes).await? {
                Ok(drawn) => return put(&staff, &ask, Some(drawn)).await,
                Err(refusal) => refusal.said(),
            },
        },
    };
    page.errors.add("file", problem);
    Ok(Reply::wrong(&ask, &page))
}

/// `Patient.photo` with this picture alone.
pub(crate) fn element(staff: &Staff, drawn: Vec<u8>) -> Value {
    one(Value::from([
        ("contentType", Value::from("image/jpeg")),
        ("data", Value::from(STANDARD.encode(drawn))),
        ("creation", Value::from(staff.store().now().to_fhir())),
    ]))
}

async fn put(staff: &Staff, ask: &Ask, photo: Option<Vec<u8>>) -> Outcome {
    let (patient, version) = patient(staff, ask).await?;
    let mut object = patient.as_object().cloned().ok_or(PageFault::Missing)?;
    match photo {
        Some(drawn) => object.set("photo", element(staff, drawn)),
        None => drop(object.remove("photo")),
    }
    let id = ask.of_patient()?;
    match change(staff, ask, id, version, object).await? {
        Saved::Done => Ok(Reply::to_path(&crate::patient::path(id))),
        Saved::Overtaken => Err(PageFault::Refused(
            "Somebody else changed this patient in the meantime: please try once more".to_owned(),
        )),
    }
}

impl View for NewPhoto {
    fn page(&self, csrf: &Csrf) -> Page {
        let id = self.top.id();
        let file = FileField::new("file", "Picture", PICTURES, LARGEST_FILE)
            .camera()
            .errors(&self.errors)
            .hint("PNG or JPEG. Only a small picture of the face is kept.");
        let fields = html! {
            (self.errors)
            (file)
            div.buttons { (Button::primary("Use as the patient's photograph")) (Link::quiet("Cancel", crate::patient::path(id))) }
        };
        let form = Form::post(csrf, path(id), fields)
            .of_patient(id)
            .with_files();
        self.top
            .form(csrf, "Photograph", html! { div.card { (form) } })
            .layout(Layout::Column)
    }

    fn samples() -> Vec<Self> {
        let sample = |errors| Self {
            top: Top::sample(),
            errors,
        };
        vec![
            sample(Errors::none()),
            sample(Errors::one("file", "Choose a picture")),
        ]
    }
}
