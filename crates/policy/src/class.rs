//! The finite classes that decisions are about: groups of resource types, relations to a patient, sensitivity labels.

/// A group of resource types that are treated alike.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Group {
    /// Who a patient is.
    Demographics,
    /// Appointments and free time.
    Scheduling,
    /// Insurance.
    Coverage,
    /// Claims, payments, accounts.
    Financial,
    /// Visits.
    Encounters,
    /// Coded diagnoses and procedures.
    Diagnoses,
    /// Charts in general.
    Clinical,
    /// Orders and referrals.
    Orders,
    /// Specimens, observations, reports.
    Laboratory,
    /// Prescriptions, dispenses, administrations.
    Medications,
    /// Allergies and intolerances.
    Allergies,
    /// Notes and files.
    Documents,
    /// Messages.
    Messages,
    /// Work to be done.
    Tasks,
    /// Consents.
    Consents,
    /// Lists of patients.
    Cohorts,
    /// People and places that treat.
    Directory,
    /// Terminology, forms, catalogues.
    Definitions,
    /// What the server itself is told by.
    Configuration,
    /// Audit events.
    Audit,
}

impl Group {
    /// All of them.
    pub const ALL: [Self; 20] = [
        Self::Demographics,
        Self::Scheduling,
        Self::Coverage,
        Self::Financial,
        Self::Encounters,
        Self::Diagnoses,
        Self::Clinical,
        Self::Orders,
        Self::Laboratory,
        Self::Medications,
        Self::Allergies,
        Self::Documents,
        Self::Messages,
        Self::Tasks,
        Self::Consents,
        Self::Cohorts,
        Self::Directory,
        Self::Definitions,
        Self::Configuration,
        Self::Audit,
    ];

    /// Its name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Demographics => "demographics",
            Self::Scheduling => "scheduling",
            Self::Coverage => "coverage",
            Self::Financial => "financial",
            Self::Encounters => "encounters",
            Self::Diagnoses => "diagnoses",
            Self::Clinical => "clinical",
            Self::Orders => "orders",
            Self::Laboratory => "laboratory",
            Self::Medications => "medications",
            Self::Allergies => "allergies",
            Self::Documents => "documents",
            Self::Messages => "messages",
            Self::Tasks => "tasks",
            Self::Consents => "consents",
            Self::Cohorts => "cohorts",
            Self::Directory => "directory",
            Self::Definitions => "definitions",
            Self::Configuration => "configuration",
            Self::Audit => "audit",
        }
    }

    /// The group of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|g| g.name() == name)
    }

    /// Whether it holds patients' data, to which relations and labels apply.
    pub const fn is_personal(self) -> bool {
        match self {
            Self::Demographics
            | Self::Scheduling
            | Self::Coverage
            | Self::Financial
            | Self::Encounters
            | Self::Diagnoses
            | Self::Clinical
            | Self::Orders
            | Self::Laboratory
            | Self::Medications
            | Self::Allergies
            | Self::Documents
            | Self::Messages
            | Self::Tasks
            | Self::Consents
            | Self::Cohorts => true,
            Self::Directory | Self::Definitions | Self::Configuration | Self::Audit => false,
        }
    }

    /// The group of a resource type; none for a type that R4 does not have.
    pub fn of(kind: &str) -> Option<Self> {
        Some(match kind {
            "Patient" | "RelatedPerson" | "Person" => Self::Demographics,
            "Appointment" | "AppointmentResponse" | "Schedule" | "Slot" => Self::Scheduling,
            "Coverage"
            | "CoverageEligibilityRequest"
            | "CoverageEligibilityResponse"
            | "EnrollmentRequest"
            | "EnrollmentResponse" => Self::Coverage,
            "Account"
            | "ChargeItem"
            | "Claim"
            | "ClaimResponse"
            | "Contract"
            | "ExplanationOfBenefit"
            | "Invoice"
            | "PaymentNotice"
            | "PaymentReconciliation" => Self::Financial,
            "Encounter" | "EpisodeOfCare" => Self::Encounters,
            "Condition" | "Procedure" => Self::Diagnoses,
            "AdverseEvent"
            | "Basic"
            | "BodyStructure"
            | "CarePlan"
            | "CareTeam"
            | "ClinicalImpression"
            | "DetectedIssue"
            | "Device"
            | "DeviceMetric"
            | "DeviceUseStatement"
            | "FamilyMemberHistory"
            | "Flag"
            | "Goal"
            | "GuidanceResponse"
            | "ImagingStudy"
            | "Immunization"
            | "ImmunizationEvaluation"
            | "ImmunizationRecommendation"
            | "List"
            | "MeasureReport"
            | "Provenance"
            | "ResearchSubject"
            | "RiskAssessment"
            | "VerificationResult" => Self::Clinical,
            "CommunicationRequest"
            | "DeviceRequest"
            | "NutritionOrder"
            | "RequestGroup"
            | "ServiceRequest"
            | "SupplyDelivery"
            | "SupplyRequest"
            | "VisionPrescription" => Self::Orders,
            "BiologicallyDerivedProduct"
            | "DiagnosticReport"
            | "MolecularSequence"
            | "Observation"
            | "Specimen" => Self::Laboratory,
            "MedicationAdministration"
            | "MedicationDispense"
            | "MedicationRequest"
            | "MedicationStatement" => Self::Medications,
            "AllergyIntolerance" => Self::Allergies,
            "Binary"
            | "Bundle"
            | "Composition"
            | "DocumentManifest"
            | "DocumentReference"
            | "Media"
            | "QuestionnaireResponse" => Self::Documents,
            "Communication" | "MessageHeader" => Self::Messages,
            "Task" => Self::Tasks,
            "Consent" => Self::Consents,
            "Group" | "Linkage" => Self::Cohorts,
            other => return impersonal(other),
        })
    }
}

/// Types that are about no patient.
fn impersonal(kind: &str) -> Option<Group> {
    Some(match kind {
        "Endpoint"
        | "HealthcareService"
        | "InsurancePlan"
        | "Location"
        | "Organization"
        | "OrganizationAffiliation"
        | "Practitioner"
        | "PractitionerRole" => Group::Directory,
        "ActivityDefinition"
        | "CapabilityStatement"
        | "CatalogEntry"
        | "ChargeItemDefinition"
        | "CodeSystem"
        | "CompartmentDefinition"
        | "ConceptMap"
        | "DeviceDefinition"
        | "EffectEvidenceSynthesis"
        | "EventDefinition"
        | "Evidence"
        | "EvidenceVariable"
        | "ExampleScenario"
        | "GraphDefinition"
        | "ImplementationGuide"
        | "Library"
        | "Measure"
        | "Medication"
        | "MedicationKnowledge"
        | "MedicinalProduct"
        | "MedicinalProductAuthorization"
        | "MedicinalProductContraindication"
        | "MedicinalProductIndication"
        | "MedicinalProductIngredient"
        | "MedicinalProductInteraction"
        | "MedicinalProductManufactured"
        | "MedicinalProductPackaged"
        | "MedicinalProductPharmaceutical"
        | "MedicinalProductUndesirableEffect"
        | "MessageDefinition"
        | "NamingSystem"
        | "ObservationDefinition"
        | "OperationDefinition"
        | "PlanDefinition"
        | "Questionnaire"
        | "ResearchDefinition"
        | "ResearchElementDefinition"
        | "ResearchStudy"
        | "RiskEvidenceSynthesis"
        | "SearchParameter"
        | "SpecimenDefinition"
        | "StructureDefinition"
        | "StructureMap"
        | "Substance"
        | "SubstanceNucleicAcid"
        | "SubstancePolymer"
        | "SubstanceProtein"
        | "SubstanceReferenceInformation"
        | "SubstanceSourceMaterial"
        | "SubstanceSpecification"
        | "TerminologyCapabilities"
        | "TestReport"
        | "TestScript"
        | "ValueSet" => Group::Definitions,
        "OperationOutcome" | "Parameters" | "Subscription" => Group::Configuration,
        "AuditEvent" => Group::Audit,
        _ => return None,
    })
}

/// How a caller stands to the patient that a resource is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Relation {
    /// No matter how.
    None,
    /// The resource is about no patient.
    Nobody,
    /// They treat the patient: appointment, visit, care team, order, referral, general practitioner.
    Care,
    /// They are the patient.
    Own,
    /// They act for the patient.
    Proxy,
    /// They opened the patient's chart in an emergency (break-glass).
    Emergency,
}

impl Relation {
    /// All of them.
    pub const ALL: [Self; 6] = [
        Self::None,
        Self::Nobody,
        Self::Care,
        Self::Own,
        Self::Proxy,
        Self::Emergency,
    ];

    /// Its name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Nobody => "nobody",
            Self::Care => "care",
            Self::Own => "own",
            Self::Proxy => "proxy",
            Self::Emergency => "emergency",
        }
    }

    /// The relation of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|r| r.name() == name)
    }
}

/// A sensitivity label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Label {
    /// `ETH`: substance use (42 CFR Part 2).
    SubstanceUse,
    /// `HIV`
    Hiv,
    /// `PSY`: behavioural health.
    Behavioural,
    /// `SDV`: sexual assault, abuse, domestic violence.
    Violence,
    /// `SEX`: sexual and reproductive health.
    SexualHealth,
    /// Counselling and psychotherapy notes.
    Note,
    /// A well-known patient; covers all that is about them.
    Vip,
    /// A colleague who is a patient; covers all that is about them.
    Employee,
    /// Confidentiality `R` or `V`, a kind of sensitive information that has no label of its own here, or a label that
    /// nobody here knows.
    Restricted,
}

impl Label {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::SubstanceUse,
        Self::Hiv,
        Self::Behavioural,
        Self::Violence,
        Self::SexualHealth,
        Self::Note,
        Self::Vip,
        Self::Employee,
        Self::Restricted,
    ];

    /// Its name in policies.
    pub const fn name(self) -> &'static str {
        match self {
            Self::SubstanceUse => "ETH",
            Self::Hiv => "HIV",
            Self::Behavioural => "PSY",
            Self::Violence => "SDV",
            Self::SexualHealth => "SEX",
            Self::Note => "NOTE",
            Self::Vip => "VIP",
            Self::Employee => "EMP",
            Self::Restricted => "R",
        }
    }

    /// The label of this name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|l| l.name() == name)
    }

    /// Its number, for tables; never reused.
    pub const fn number(self) -> u8 {
        match self {
            Self::SubstanceUse => 1,
            Self::Hiv => 2,
            Self::Behavioural => 3,
            Self::Violence => 4,
            Self::SexualHealth => 5,
            Self::Note => 6,
            Self::Vip => 7,
            Self::Employee => 8,
            Self::Restricted => 9,
        }
    }

    /// Whether, on a Patient, it covers everything that is about the patient.
    pub const fn covers_compartment(self) -> bool {
        match self {
            Self::SubstanceUse
            | Self::Hiv
            | Self::Behavioural
            | Self::Violence
            | Self::SexualHealth
            | Self::Note
            | Self::Restricted => false,
            Self::Vip | Self::Employee => true,
        }
    }

    /// The role beside an account's own roles that says it may see data with this label.
    pub(crate) const fn seeing_role(self) -> &'static str {
        match self {
            Self::SubstanceUse => "sees-ETH",
            Self::Hiv => "sees-HIV",
            Self::Behavioural => "sees-PSY",
            Self::Violence => "sees-SDV",
            Self::SexualHealth => "sees-SEX",
            Self::Note => "sees-NOTE",
            Self::Vip => "sees-VIP",
            Self::Employee => "sees-EMP",
            Self::Restricted => "sees-R",
        }
    }

    const fn bit(self) -> u16 {
        1 << self.number()
    }
}

/// A set of labels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Labels(u16);

impl Labels {
    /// No label.
    pub const NONE: Self = Self(0);

    /// With one more.
    #[must_use]
    pub const fn with(self, label: Label) -> Self {
        Self(self.0 | label.bit())
    }

    /// Whether a label is in it.
    pub const fn has(self, label: Label) -> bool {
        self.0 & label.bit() != 0
    }

    /// Whether there is none.
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Those that are in both.
    #[must_use]
    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    /// Those that are in either.
    #[must_use]
    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Its labels in order.
    pub fn iter(self) -> impl Iterator<Item = Label> {
        Label::ALL.into_iter().filter(move |l| self.has(*l))
    }
}

impl FromIterator<Label> for Labels {
    fn from_iter<I: IntoIterator<Item = Label>>(labels: I) -> Self {
        labels.into_iter().fold(Self::NONE, Self::with)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_resource_type_is_in_a_group() {
        for kind in aceso_fhir::definitions::types().resource_names() {
            assert!(Group::of(kind).is_some(), "{kind}");
        }
        assert_eq!(Group::of("Sandwich"), None);
    }

    #[test]
    fn names_lead_back() {
        for group in Group::ALL {
            assert_eq!(Group::parse(group.name()), Some(group));
        }
        for relation in Relation::ALL {
            assert_eq!(Relation::parse(relation.name()), Some(relation));
        }
        let all: Labels = Label::ALL.into_iter().collect();
        assert_eq!(all.iter().count(), Label::ALL.len());
    }
}
