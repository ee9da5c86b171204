//! What leaves the clinic about substance use (42 CFR part 2): for a purpose that the patient's Consent names, to whom it
//! names, at the patient's own request, and to whoever opened the chart in an emergency. It carries its label, the notice and the
//! consent's scope (42 CFR 2.32), and its entry in the log names the consent as it was.

use std::sync::Arc;

use aceso_fhir::consent::{Agreement, agreement};
use aceso_fhir::search::{Clause, extract};
use aceso_fhir::{Value, disclosure, json};
use aceso_policy::{Group, Label, Labels, Purpose, Relation, Who};
use bytes::Bytes;
use rusqlite::{Connection, OptionalExtension};
use rustc_hash::FxHashMap;

use crate::access::guard::{relation, released, without};
use crate::access::known::Known;
use crate::access::learned::AsOf;
use crate::access::{Facts, labels, purpose_number};
use crate::audit::Versions;
use crate::index::rows;
use crate::key::Keys;
use crate::reach::{Asking, Way};
use crate::reading::document;
use crate::statements as sql;
use crate::stored::from_row;
use crate::{StoreError, Stored};

/// On what something about substance use leaves the clinic.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Release {
    /// The ground.
    pub ground: Ground,
}

/// The ground on which it leaves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Ground {
    /// The patients' written consents (42 CFR 2.31, 2.33).
    Consents(Vec<ConsentVersion>),
    /// The patient asked for it (42 CFR 2.23).
    PatientRequest,
    /// A medical emergency (42 CFR 2.51).
    Emergency,
}

/// A Consent as it was when something left on it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ConsentVersion {
    /// Its logical id.
    pub id: String,
    /// Its version.
    pub version: u64,
    /// What the patient agreed to.
    pub agreement: Agreement,
}

/// Somebody outside who asks, or somebody within who gives out.
pub(crate) struct Leaving {
    asking: Asking,
    /// What for; none: the patient asked.
    purpose: Option<i64>,
    /// The app that receives it; on paper it is whom the consent designates.
    recipient: i64,
    /// The key of the patient who asks, where it is one.
    own: Vec<i64>,
    /// An emergency access of the caller's.
    emergency: Option<Clause>,
}

impl Release {
    /// Why it may leave, in a sentence; of a consent its scope (42 CFR 2.32(b)).
    pub fn scope(&self) -> String {
        match &self.ground {
            Ground::Consents(all) => {
                let scopes = all.iter().map(|c| c.agreement.scope());
                scopes.collect::<Vec<_>>().join(" ")
            }
            Ground::PatientRequest => "The patient asked for it (42 CFR 2.23).".to_owned(),
            Ground::Emergency => "A medical emergency required it (42 CFR 2.51).".to_owned(),
        }
    }

    /// The consents, as the log names them: `Consent/x/2`.
    pub fn consents(&self) -> Vec<String> {
        match &self.ground {
            Ground::Consents(all) => {
                let names = all
                    .iter()
                    .map(|c| format!("Consent/{}/{}", c.id, c.version));
                names.collect()
            }
            Ground::PatientRequest | Ground::Emergency => Vec::new(),
        }
    }

    /// The notice, the scope and the consents, as an extension of `meta`.
    pub fn extension(&self) -> Value {
        let name = |c: &ConsentVersion| format!("Consent/{}/_history/{}", c.id, c.version);
        let consents: Vec<String> = match &self.ground {
            Ground::Consents(all) => all.iter().map(name).collect(),
            Ground::PatientRequest | Ground::Emergency => Vec::new(),
        };
        disclosure::extension(&self.scope(), consents)
    }
}

/// What an act marks of what it shows; nothing where nothing leaves.
pub(crate) struct Leaves(Option<Leaving>);

impl Leaves {
    pub(crate) fn of(asking: &Asking) -> Self {
        Self(Leaving::of(asking))
    }

    /// As [`Leaving::mark`].
    pub(crate) fn mark(
        &self,
        record: &Connection,
        versions: Versions<'_>,
        shown: &mut dyn Iterator<Item = &mut Stored>,
    ) -> Result<Vec<String>, StoreError> {
        match &self.0 {
            Some(leaving) => leaving.mark(record, versions, shown),
            None => Ok(Vec::new()),
        }
    }

    /// On what the current version of a resource leaves, when it is about substance use.
    pub(crate) fn of_current(
        &self,
        record: &Connection,
        stored: &Stored,
    ) -> Result<Option<Arc<Release>>, StoreError> {
        let Some(leaving) = &self.0 else {
            return Ok(None);
        };
        let known = &mut FxHashMap::default();
        let release = leaving.release(record, Versions::Current, stored, known)?;
        Ok(release.map(Arc::new))
    }
}

impl Leaving {
    /// None when nothing leaves by this, or the clinic keeps no records under part 2.
    pub(crate) fn of(asking: &Asking) -> Option<Self> {
        let person = asking.caller.as_person();
        // An app that acts for nobody else is the patient's whom its token names.
        let (recipient, own) = match &asking.caller.who {
            Who::Client(client) => {
                let mine = client.patient.as_deref().filter(|_| person.is_none());
                (asking.keys.of("Device", &client.id), mine)
            }
            Who::Person(_) | Who::Operator | Who::Job(_) if asking.way == Way::Out => (0, None),
            Who::Person(_) | Who::Operator | Who::Job(_) => return None,
        };
        if !asking.part2 {
            return None;
        }
        let own = own.or_else(|| person.and_then(|p| p.own_patient()));
        let purpose = purpose(asking);
        let emergency = person
            .filter(|_| purpose.is_some_and(treats))
            .and_then(|p| {
                let (keys, now, late) = (&asking.keys, asking.now, &asking.late);
                relation(keys, p, Relation::Emergency, None, now, late)
            });
        Some(Self {
            purpose: purpose.map(|p| purpose_number(p.code())),
            recipient,
            own: own.iter().map(|id| asking.keys.of("Patient", id)).collect(),
            emergency,
            asking: asking.clone(),
        })
    }

    /// What must hold of what leaves, besides that the caller may read it; of a patient's own record it need not.
    pub(crate) fn clause(&self) -> Option<Clause> {
        let ordinary = without(Labels::NONE.with(Label::SubstanceUse));
        let agreed = released(self.purpose?, self.recipient, self.asking.now);
        let all = ordinary.into_iter().chain([agreed]);
        Some(Clause::Any(all.chain(self.emergency.clone()).collect()))
    }

    /// Marks what leaves about substance use; answers the consents that it rests on. What would leave on no ground does not
    /// leave: the error is the answer.
    pub(crate) fn mark(
        &self,
        record: &Connection,
        versions: Versions<'_>,
        shown: &mut dyn Iterator<Item = &mut Stored>,
    ) -> Result<Vec<String>, StoreError> {
        let mut rests = Vec::new();
        let mut known = FxHashMap::default();
        if versions != Versions::Any {
            let learned = AsOf::look(record, &self.asking.learned)?;
            if learned.absent()?.lacks(Label::SubstanceUse) {
                return Ok(rests);
            }
        }
        for stored in shown {
            let release = self.release(record, versions, stored, &mut known)?;
            if let Some(release) = release {
                rests.extend(release.consents());
                marked(stored, &Arc::new(release))?;
            }
        }
        rests.sort_unstable();
        rests.dedup();
        Ok(rests)
    }

    /// On what something about substance use of a patient leaves.
    pub(crate) fn of_patient(
        &self,
        record: &Connection,
        patient: &str,
    ) -> Result<Option<Release>, StoreError> {
        let key = self.asking.keys.of("Patient", patient);
        let of = Known::stored(record, "Patient", key);
        let ground = self.ground(record, &of, &mut FxHashMap::default())?;
        Ok(ground.map(|ground| Release { ground }))
    }

    /// On what a version leaves, when it is about substance use.
    fn release(
        &self,
        record: &Connection,
        versions: Versions<'_>,
        stored: &Stored,
        known: &mut FxHashMap<i64, Option<ConsentVersion>>,
    ) -> Result<Option<Release>, StoreError> {
        let Some(of) = self.labelled(record, versions, stored)? else {
            return Ok(None);
        };
        let ground = self.ground(record, &of, known)?;
        let ground = ground.ok_or_else(|| {
            StoreError::text("something about substance use would leave on no ground")
        })?;
        Ok(Some(Release { ground }))
    }

    /// What guards need to know of a version, when it is about substance use.
    fn labelled<'c>(
        &self,
        record: &'c Connection,
        versions: Versions<'_>,
        stored: &Stored,
    ) -> Result<Option<Known<'c>>, StoreError> {
        if !Group::of(stored.kind).is_some_and(Group::is_personal) || stored.body.is_empty() {
            return Ok(None);
        }
        let keys = &self.asking.keys;
        let key = keys.of(stored.kind, &stored.id);
        match versions {
            Versions::Current | Versions::Listed(_) => {
                let mut there = record.prepare_cached(sql::LABEL_THERE)?;
                let label = i64::from(Label::SubstanceUse.number());
                let labelled = there.exists([label, key])?;
                Ok(labelled.then(|| Known::stored(record, stored.kind, key)))
            }
            Versions::Any => {
                let document = document(stored)?;
                if !labels(stored.kind, &document).has(Label::SubstanceUse) {
                    return Ok(None);
                }
                let found = extract(&document, None);
                let rows = rows(keys, stored.kind, key, &document, &found);
                Ok(Some(Known::facts(
                    record,
                    &Facts::new(stored.kind, key, &rows),
                )))
            }
        }
    }

    fn ground(
        &self,
        record: &Connection,
        of: &Known<'_>,
        known: &mut FxHashMap<i64, Option<ConsentVersion>>,
    ) -> Result<Option<Ground>, StoreError> {
        let patients = of.patients()?;
        let Some(purpose) = self.purpose else {
            return Ok(Some(Ground::PatientRequest));
        };
        if patients.iter().any(|p| self.own.contains(p)) {
            return Ok(Some(Ground::PatientRequest));
        }
        let mut consents = Vec::new();
        for patient in patients {
            let asked = (patient, purpose, self.recipient, self.asking.now.millis());
            let mut basis = record.prepare_cached(sql::RELEASE_BASIS)?;
            let source: Option<i64> = basis.query_row(asked, |row| row.get(0)).optional()?;
            let Some(source) = source else { continue };
            let consent = match known.get(&source) {
                Some(consent) => consent.clone(),
                None => {
                    let consent = consent(record, &self.asking.keys, source)?;
                    known.insert(source, consent.clone());
                    consent
                }
            };
            consents.extend(consent);
        }
        if !patients.is_empty() && consents.len() == patients.len() {
            return Ok(Some(Ground::Consents(consents)));
        }
        Ok(match &self.emergency {
            Some(Clause::Outside(outside)) if of.holds(outside)? => Some(Ground::Emergency),
            Some(_) | None => None,
        })
    }
}

/// Whether a resource is about substance use, by its label or by what it says.
pub fn is_about_substance_use(resource: &Value) -> bool {
    let kind = resource.resource_type().unwrap_or_default();
    labels(kind, resource).has(Label::SubstanceUse)
}

/// What an act of the caller's is for; none: the patient asked. An app says nothing of that itself: for the patient it asks
/// as the patient, for anybody else it treats.
fn purpose(asking: &Asking) -> Option<Purpose> {
    match (&asking.caller.who, asking.purpose) {
        (Who::Client(_), Purpose::Payment | Purpose::Operations | Purpose::Legal) => {
            Some(asking.purpose)
        }
        (Who::Client(_), _) => Some(Purpose::Treatment),
        (Who::Person(_) | Who::Operator | Who::Job(_), Purpose::PatientRequest) => None,
        (Who::Person(_) | Who::Operator | Who::Job(_), purpose) => Some(purpose),
    }
}

/// Whether an emergency is a reason for it.
const fn treats(purpose: Purpose) -> bool {
    matches!(purpose, Purpose::Treatment | Purpose::Emergency)
}

fn consent(
    record: &Connection,
    keys: &Keys,
    source: i64,
) -> Result<Option<ConsentVersion>, StoreError> {
    let mut one = record.prepare_cached(sql::RES_ONE)?;
    let mut found = one.query([source])?;
    let Some(row) = found.next()? else {
        return Ok(None);
    };
    let (_, stored) = from_row(keys, row)?;
    let agreed = agreement(&document(&stored)?);
    Ok(agreed.map(|agreement| ConsentVersion {
        agreement,
        id: stored.id,
        version: stored.version,
    }))
}

/// Puts labels, notice and scope on a version that leaves.
pub(crate) fn marked(stored: &mut Stored, release: &Arc<Release>) -> Result<(), StoreError> {
    stored.release = Some(Arc::clone(release));
    let mut document = document(stored)?;
    disclosure::mark(&mut document, release.extension());
    let mut body = Vec::with_capacity(stored.body.len() + 1024);
    json::write(&document, &mut body);
    stored.body = Bytes::from(body);
    Ok(())
}
