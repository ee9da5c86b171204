//! The form's fields, from a record and back into one.

use aceso_desk::When;
use aceso_desk::advisory::{
    Advisory, Assessed, Consent, Credit as Thanks, CreditKind, Distribution, Kind, Level, Note,
    NoteKind, Part, ProductStatus, Publisher, Remedy, RemedyKind, Revision, Scored, Standing,
    Status, Threat, ThreatKind, Vulnerability,
};
use aceso_desk::severity::Severity;
use aceso_store::{CaseFile, Credit};
use aceso_web::page::Errors;
use aceso_web::site::Fields;

use super::lines::{self, Which};
use crate::told;

/// All fields of the form.
pub(crate) fn fields() -> impl Iterator<Item = &'static str> {
    Part::ALL.iter().map(|part| part.key())
}

/// What is in the fields.
pub(crate) struct Typed(Vec<(&'static str, String)>);

/// A record with nothing in it yet.
pub(crate) fn blank(id: &str, title: &str, publisher: Publisher, at: When) -> Advisory {
    Advisory {
        id: id.to_owned(),
        title: title.to_owned(),
        lang: "en".to_owned(),
        kind: Kind::SecurityAdvisory,
        publisher,
        distribution: Distribution::clear(),
        status: Status::Final,
        version: "1".to_owned(),
        initial: at,
        current: at,
        revisions: vec![Revision::first(at, "First release")],
        severity: None,
        notes: Vec::new(),
        references: Vec::new(),
        credits: Vec::new(),
        products: Vec::new(),
        vulnerabilities: vec![Vulnerability::default()],
        timeline: Vec::new(),
    }
}

/// What the case knows already: its severity, its vectors, who is to be thanked.
pub(super) fn from_case(advisory: &mut Advisory, file: &CaseFile) {
    if let Some(assessment) = &file.case.assessment {
        advisory.severity = Some(Assessed {
            level: Level::Ours(assessment.severity),
            namespace: None,
            why: assessment.why.clone(),
            patient_safety: assessment.patient_safety.clone(),
            patient_data: assessment.patient_data.clone(),
        });
        if let Some(first) = advisory.vulnerabilities.first_mut() {
            first.scores = assessment
                .vectors
                .iter()
                .map(|vector| Scored {
                    vector: vector.clone(),
                    products: Vec::new(),
                })
                .collect();
        }
    }
    for report in &file.reports {
        let (name, consent) = match &report.credit {
            Credit::As(name) => (name.clone(), Consent::Given),
            Credit::No => (format!("the reporter of {}", report.id), Consent::Refused),
        };
        advisory.credits.push(Thanks {
            names: vec![name],
            organization: None,
            kind: CreditKind::Finder,
            summary: None,
            urls: Vec::new(),
            consent,
        });
    }
}

impl Typed {
    /// As a record has it.
    pub(crate) fn of(advisory: &Advisory) -> Self {
        let none = Vulnerability::default();
        let first = advisory.vulnerabilities.first().unwrap_or(&none);
        let severity = advisory.severity.as_ref();
        let remedy = |kind: RemedyKind| first.remedies.iter().find(|r| r.kind == kind);
        let details = |kind| remedy(kind).map(|r| r.details.clone()).unwrap_or_default();
        let threat = first
            .threats
            .iter()
            .find(|t| t.kind == ThreatKind::ExploitStatus);
        let of = |pick: fn(&Assessed) -> String| severity.map(pick).unwrap_or_default();
        let status = match advisory.status {
            Status::Interim => "interim",
            Status::Final | Status::Draft => "final",
        };
        let revision = advisory.revisions.last().map(|r| r.summary.clone());
        Self(vec![
            ("id", advisory.id.clone()),
            ("title", advisory.title.clone()),
            ("status", status.to_owned()),
            ("summary", advisory.summary().unwrap_or_default().to_owned()),
            (
                "description",
                first.described().unwrap_or_default().to_owned(),
            ),
            ("cve", first.cve.clone().unwrap_or_default()),
            ("no_cve", first.no_cve_because.clone().unwrap_or_default()),
            ("weaknesses", lines::weaknesses(first)),
            ("level", of(|s| s.level.name().to_owned())),
            ("why", of(|s| s.why.clone())),
            (
                "vector",
                first
                    .scores
                    .first()
                    .map(|s| s.vector.to_string())
                    .unwrap_or_default(),
            ),
            ("patient_safety", of(|s| s.patient_safety.clone())),
            ("patient_data", of(|s| s.patient_data.clone())),
            (
                "exploit",
                threat.map(|t| t.details.clone()).unwrap_or_default(),
            ),
            (
                "affected",
                lines::products(&advisory.products, first, Which::Affected),
            ),
            (
                "fixed",
                lines::products(&advisory.products, first, Which::Fixed),
            ),
            ("fix", details(RemedyKind::VendorFix)),
            (
                "fix_url",
                remedy(RemedyKind::VendorFix)
                    .and_then(|r| r.url.clone())
                    .unwrap_or_default(),
            ),
            ("workaround", details(RemedyKind::Workaround)),
            ("no_fix", details(RemedyKind::NoFixPlanned)),
            ("credits", lines::credits(&advisory.credits)),
            ("references", lines::references(&advisory.references)),
            ("change", revision.unwrap_or_default()),
        ])
    }

    /// As it was typed.
    pub(crate) fn read(fields: &Fields) -> Self {
        let one = |name| (name, fields.trimmed(name).replace("\r\n", "\n"));
        Self(self::fields().map(one).collect())
    }

    /// A field.
    pub(crate) fn get(&self, name: &str) -> &str {
        let found = self.0.iter().find(|(n, _)| *n == name);
        found.map_or("", |(_, value)| value.as_str())
    }

    fn some(&self, name: &str) -> Option<String> {
        Some(self.get(name).to_owned()).filter(|t| !t.is_empty())
    }

    /// Into a record, for its next version; says what cannot be read.
    pub(crate) fn write(&self, advisory: &mut Advisory, now: When, published: usize) -> Errors {
        let mut errors = Errors::none();
        let before = Self::of(advisory);
        advisory.id = self.get("id").to_owned();
        advisory.title = self.get("title").to_owned();
        advisory.status = match self.get("status") {
            "interim" => Status::Interim,
            _ => Status::Final,
        };
        self.version(advisory, now, published);
        self.severity(advisory, &mut errors);
        if self.get("credits") != before.get("credits") {
            match lines::read_credits(self.get("credits")) {
                Ok(credits) => advisory.credits = credits,
                Err(why) => errors.add("credits", why),
            }
        }
        if self.get("references") != before.get("references") {
            match lines::read_references(self.get("references")) {
                Ok(references) => advisory.references = references,
                Err(why) => errors.add("references", why),
            }
        }
        advisory.notes.retain(|note| note.kind != NoteKind::Summary);
        if let Some(summary) = self.some("summary") {
            advisory
                .notes
                .insert(0, Note::new(NoteKind::Summary, Some("Summary"), &summary));
        }
        self.products(advisory, &before, &mut errors);
        if advisory.vulnerabilities.is_empty() {
            advisory.vulnerabilities.push(Vulnerability::default());
        }
        if let Some(first) = advisory.vulnerabilities.first_mut() {
            self.vulnerability(first, &before, &mut errors);
        }
        errors
    }

    /// A new version after each publication; until then the same one, of now.
    fn version(&self, advisory: &mut Advisory, now: When, published: usize) {
        let number = (published + 1).to_string();
        if published == 0 {
            advisory.initial = now;
            advisory.revisions.clear();
        }
        let summary = self.some("change").unwrap_or_else(|| match published {
            0 => "First release".to_owned(),
            _ => "Corrected".to_owned(),
        });
        advisory.revisions.retain(|r| r.number != number);
        advisory.revisions.push(Revision {
            number: number.clone(),
            at: now,
            summary,
            legacy: None,
        });
        advisory.version = number;
        advisory.current = now;
    }

    fn severity(&self, advisory: &mut Advisory, errors: &mut Errors) {
        let level = self.get("level");
        let known = Severity::ALL.into_iter().find(|s| s.name() == level);
        advisory.severity = match (known, level) {
            (Some(level), _) => Some(Assessed {
                level: Level::Ours(level),
                namespace: None,
                why: self.get("why").to_owned(),
                patient_safety: self.get("patient_safety").to_owned(),
                patient_data: self.get("patient_data").to_owned(),
            }),
            (None, "") => None,
            (None, _) => {
                errors.add("level", "Choose one of the four");
                None
            }
        };
    }

    fn products(&self, advisory: &mut Advisory, before: &Self, errors: &mut Errors) {
        let same = |name: &str| self.get(name) == before.get(name);
        if same("affected") && same("fixed") {
            return;
        }
        let affected = lines::read_products(self.get("affected"), 1, Which::Affected);
        let affected = affected.unwrap_or_else(|why| {
            errors.add("affected", why);
            Vec::new()
        });
        let fixed = lines::read_products(self.get("fixed"), affected.len() + 1, Which::Fixed);
        let fixed = fixed.unwrap_or_else(|why| {
            errors.add("fixed", why);
            Vec::new()
        });
        let status = |standing, all: &[aceso_desk::advisory::Product]| ProductStatus {
            standing,
            products: all.iter().map(|p| p.id.clone()).collect(),
        };
        let mut statuses = vec![
            status(Standing::KnownAffected, &affected),
            status(Standing::Fixed, &fixed),
        ];
        statuses.retain(|s| !s.products.is_empty());
        advisory.products = affected.into_iter().chain(fixed).collect();
        if let Some(first) = advisory.vulnerabilities.first_mut() {
            first.statuses = statuses;
            for score in &mut first.scores {
                score.products.clear();
            }
            for remedy in &mut first.remedies {
                remedy.products.clear();
            }
            // They named products that are described anew.
            first.flags.clear();
            first.threats.retain(|threat| threat.products.is_empty());
        }
    }

    fn vulnerability(&self, of: &mut Vulnerability, before: &Self, errors: &mut Errors) {
        if self.get("description") != before.get("description") {
            let others = [NoteKind::Description, NoteKind::Summary, NoteKind::Details];
            of.notes.retain(|note| !others.contains(&note.kind));
            let said = self.some("description");
            of.notes.extend(
                said.map(|text| Note::new(NoteKind::Description, Some("Description"), &text)),
            );
        }
        of.cve = self.some("cve");
        of.no_cve_because = self.some("no_cve");
        of.weaknesses = lines::read_weaknesses(self.get("weaknesses"));
        if self.get("vector") != before.get("vector") {
            of.scores = match self.get("vector") {
                "" => Vec::new(),
                text => match text.parse() {
                    Ok(vector) => vec![Scored {
                        vector,
                        products: Vec::new(),
                    }],
                    Err(error) => {
                        errors.add("vector", told::vector(&error));
                        Vec::new()
                    }
                },
            };
        }
        if self.get("exploit") != before.get("exploit") {
            of.threats.retain(|t| t.kind != ThreatKind::ExploitStatus);
            of.threats
                .extend(self.some("exploit").map(|details| Threat {
                    kind: ThreatKind::ExploitStatus,
                    details,
                    at: None,
                    products: Vec::new(),
                }));
        }
        for (name, kind) in [
            ("fix", RemedyKind::VendorFix),
            ("workaround", RemedyKind::Workaround),
            ("no_fix", RemedyKind::NoFixPlanned),
        ] {
            let url = match kind {
                RemedyKind::VendorFix => self.some("fix_url"),
                _ => None,
            };
            self.remedy(of, before, name, kind, url);
        }
    }

    fn remedy(
        &self,
        of: &mut Vulnerability,
        before: &Self,
        name: &str,
        kind: RemedyKind,
        url: Option<String>,
    ) {
        let same_url =
            kind != RemedyKind::VendorFix || self.get("fix_url") == before.get("fix_url");
        if self.get(name) == before.get(name) && same_url {
            return;
        }
        of.remedies.retain(|r| r.kind != kind);
        of.remedies.extend(self.some(name).map(|details| Remedy {
            kind,
            details,
            url,
            at: None,
            products: Vec::new(),
            restart: None,
            entitlements: Vec::new(),
        }));
    }
}
