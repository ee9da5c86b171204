//! For whom a paper is, and on what it says something about substance use (42 CFR part 2): the notice and the consent's scope go
//! with it.

use aceso_fhir::consent::{Agreement, NOTICE};
use aceso_policy::Purpose;
use aceso_print::Paper;
use aceso_store::{Ground, is_about_substance_use};
use aceso_web::page::{say, words};
use aceso_web::site::{Ask, PageFault};

use crate::Staff;
use crate::fault::unreadable;
use crate::find::document;
use crate::patient::record::{Goes, Releases};
use crate::words::fhir_day;

/// For whom a paper is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Given {
    /// The patient, who asked for it.
    Patient,
    /// Somebody else who treats the patient.
    Treatment,
    /// Who pays.
    Payment,
    /// Who helps to run the clinic.
    Operations,
    /// A court, or another authority, for proceedings.
    Proceedings,
}

/// A paper's way out.
pub(crate) struct Handing {
    pub(super) given: Given,
    pub(super) releases: Releases,
}

impl Given {
    const ALL: [Self; 5] = [
        Self::Patient,
        Self::Treatment,
        Self::Payment,
        Self::Operations,
        Self::Proceedings,
    ];

    /// As addresses say it.
    pub(crate) const fn code(self) -> &'static str {
        match self {
            Self::Patient => "patient",
            Self::Treatment => "treatment",
            Self::Payment => "payment",
            Self::Operations => "operations",
            Self::Proceedings => "proceedings",
        }
    }

    /// By `for` in the address; without it for somebody else who treats.
    pub(crate) fn asked(ask: &Ask) -> Result<Self, PageFault> {
        let Some(code) = ask.query("for") else {
            return Ok(Self::Treatment);
        };
        let mut all = Self::ALL.into_iter();
        all.find(|g| g.code() == code).ok_or(PageFault::Missing)
    }

    /// The purpose of use.
    pub(super) const fn purpose(self) -> Purpose {
        match self {
            Self::Patient => Purpose::PatientRequest,
            Self::Treatment => Purpose::Treatment,
            Self::Payment => Purpose::Payment,
            Self::Operations => Purpose::Operations,
            Self::Proceedings => Purpose::Legal,
        }
    }

    /// Where what is read for it goes.
    pub(crate) const fn goes(self) -> Goes {
        Goes::Out(self.purpose())
    }

    /// A paper for them that says what leaves on these grounds.
    pub(crate) const fn with(self, releases: Releases) -> Handing {
        Handing {
            given: self,
            releases,
        }
    }
}

/// Why something is not there: because it is not, or because it is held back from somebody outside.
pub(crate) async fn absent(
    staff: &Staff,
    ask: &Ask,
    goes: Goes,
    (kind, id): (&'static str, &str),
) -> PageFault {
    let held = match goes {
        Goes::Here => Ok(false),
        Goes::Out(_) => held_back(staff, ask, kind, id).await,
    };
    match held {
        Ok(true) => PageFault::Refused(say(
            "This is about substance use, and no consent of the patient lets it go to them. Record the consent first, or print it for the patient",
            &[],
        )),
        Ok(false) => PageFault::Missing,
        Err(fault) => fault,
    }
}

/// Whether the reader sees it here, and it is about substance use.
async fn held_back(
    staff: &Staff,
    ask: &Ask,
    kind: &'static str,
    id: &str,
) -> Result<bool, PageFault> {
    let reading = Goes::Here.reading(staff, ask)?;
    let stored = reading.fetch(kind, id).await.map_err(unreadable)?;
    Ok(is_about_substance_use(&document(&stored)?))
}

impl Handing {
    /// The consents that it rests on, as the log names them, each once.
    pub(super) fn consents(&self) -> Vec<String> {
        let mut all: Vec<String> = self.releases.iter().flat_map(|r| r.consents()).collect();
        all.sort_unstable();
        all.dedup();
        all
    }

    /// The paper with the notice on each page, and on what it is given at its end; as it is when it says nothing about
    /// substance use.
    pub(super) fn on(&self, paper: Paper) -> Paper {
        if self.releases.is_empty() {
            return paper;
        }
        // The words are the regulation's own.
        let mut paper = paper.foot(NOTICE);
        paper.heading(words("Records about substance use").to_string());
        paper.paragraph(NOTICE);
        let mut said: Vec<&Ground> = Vec::new();
        for release in &self.releases {
            if said.contains(&&release.ground) {
                continue;
            }
            said.push(&release.ground);
            match &release.ground {
                Ground::PatientRequest => {
                    paper.paragraph(words("The patient asked for this paper.").to_string());
                }
                Ground::Emergency => {
                    paper.paragraph(words("A medical emergency required it.").to_string());
                }
                Ground::Consents(all) => {
                    for one in all {
                        let version = one.version.to_string();
                        let number = say("{0}, version {1}", &[&one.id, &version]);
                        paper.facts(facts(&one.agreement, number));
                    }
                }
            }
        }
        paper
    }
}

/// The scope of a consent (42 CFR 2.32(b)).
fn facts(agreed: &Agreement, number: String) -> Vec<(String, String)> {
    let purposes = agreed.purposes.iter().map(|p| match p.as_str() {
        "TREAT" => words("treatment").to_string(),
        "HPAYMT" => words("payment").to_string(),
        "HOPERAT" => words("health care operations").to_string(),
        "HLEGAL" => words("legal proceedings").to_string(),
        other => other.to_owned(),
    });
    let purposes: Vec<String> = purposes.collect();
    let until = match &agreed.ends {
        Some(day) => fhir_day(day),
        None => words("the patient takes it back").to_string(),
    };
    let facts = [
        (
            "The patient consented in writing on",
            Some(fhir_day(&agreed.signed)),
        ),
        ("What for", Some(purposes.join(", "))),
        ("Given to", Some(agreed.to_whom())),
        ("Proceeding", agreed.proceeding.clone()),
        ("Until", Some(until)),
        ("Number of the consent", Some(number)),
    ];
    let facts = facts.into_iter();
    facts
        .filter_map(|(name, value)| Some((words(name).to_string(), value?)))
        .collect()
}
