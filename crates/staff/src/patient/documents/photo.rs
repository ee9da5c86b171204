//! `/patients/{patient}/photo`: the patient's photograph: a small picture of our own drawing (Patient.photo), taken from a
//! picture among the documents, and taken away again.

use aceso_fhir::Value;
use aceso_policy::Action;
use aceso_web::page::Errors;
use aceso_web::site::{Ask, Outcome, PageFault, Reply};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use http::header::HeaderValue;

use super::content::{bytes, of_address, sandboxed};
use super::show;
use crate::Staff;
use crate::chart::document::Look;
use crate::chart::picture::{Size, redrawn};
use crate::chart::write::one;
use crate::patient::path;
use crate::patient::record::patient;
use crate::patient::save::{Saved, change, may};

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
            page.errors = Errors::one("category", format!("No photograph was made: {problem}"));
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

async fn put(staff: &Staff, ask: &Ask, photo: Option<Vec<u8>>) -> Outcome {
    let (patient, version) = patient(staff, ask).await?;
    let mut object = patient.as_object().cloned().ok_or(PageFault::Missing)?;
    match photo {
        Some(drawn) => {
            let photo = Value::from([
                ("contentType", Value::from("image/jpeg")),
                ("data", Value::from(STANDARD.encode(drawn))),
                ("creation", Value::from(staff.store().now().to_fhir())),
            ]);
            object.set("photo", one(photo));
        }
        None => drop(object.remove("photo")),
    }
    let id = ask.of_patient()?;
    match change(staff, ask, id, version, object).await? {
        Saved::Done => Ok(Reply::to_path(&path(id))),
        Saved::Overtaken => Err(PageFault::Refused(
            "Somebody else changed this patient in the meantime: please try once more".to_owned(),
        )),
    }
}
