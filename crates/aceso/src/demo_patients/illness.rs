//! What people have, from which age and how often, what they take for it, and what is looked at. Codes are SNOMED CT's,
//! ICD-10-CM's, RxNorm's (ingredients) and LOINC's; the frequencies are round numbers, near those of a North American practice.

/// A lasting illness.
pub(super) struct Illness {
    pub(super) snomed: &'static str,
    pub(super) icd: &'static str,
    pub(super) name: &'static str,
    /// From this age on.
    pub(super) from: u32,
    /// So many of a hundred people of thirty years more than that.
    pub(super) percent: u32,
    pub(super) drugs: &'static [Drug],
    /// Which panels are looked at.
    pub(super) panels: &'static [Panel],
}

/// A drug and how it is taken.
#[derive(Clone, Copy)]
pub(super) struct Drug {
    pub(super) rxnorm: &'static str,
    pub(super) name: &'static str,
    pub(super) sig: &'static str,
}

/// What is measured together.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Panel {
    Metabolic,
    Lipids,
    Sugar,
    Thyroid,
    Blood,
}

/// A measured quantity: usual span of the healthy, and what an illness that asks for its panel adds.
pub(super) struct Test {
    pub(super) loinc: &'static str,
    pub(super) name: &'static str,
    pub(super) unit: &'static str,
    pub(super) low: f64,
    pub(super) high: f64,
    pub(super) shift: f64,
    pub(super) digits: usize,
}

const fn drug(rxnorm: &'static str, name: &'static str, sig: &'static str) -> Drug {
    Drug { rxnorm, name, sig }
}

const fn test(
    (loinc, name, unit): (&'static str, &'static str, &'static str),
    (low, high, shift): (f64, f64, f64),
    digits: usize,
) -> Test {
    Test {
        loinc,
        name,
        unit,
        low,
        high,
        shift,
        digits,
    }
}

pub(super) const ILLNESSES: [Illness; 14] = [
    Illness {
        snomed: "38341003",
        icd: "I10",
        name: "Hypertension",
        from: 32,
        percent: 50,
        drugs: &[
            drug(
                "29046",
                "Lisinopril 10 mg tablet",
                "1 tablet by mouth once daily",
            ),
            drug(
                "17767",
                "Amlodipine 5 mg tablet",
                "1 tablet by mouth once daily",
            ),
            drug(
                "52175",
                "Losartan 50 mg tablet",
                "1 tablet by mouth once daily",
            ),
            drug(
                "5487",
                "Hydrochlorothiazide 25 mg tablet",
                "1 tablet by mouth every morning",
            ),
        ],
        panels: &[Panel::Metabolic],
    },
    Illness {
        snomed: "44054006",
        icd: "E11.9",
        name: "Diabetes mellitus type 2",
        from: 36,
        percent: 22,
        drugs: &[
            drug(
                "6809",
                "Metformin 500 mg tablet",
                "1 tablet by mouth twice daily with meals",
            ),
            drug(
                "274783",
                "Insulin glargine 100 units/mL",
                "14 units under the skin at bedtime",
            ),
        ],
        panels: &[Panel::Sugar, Panel::Metabolic, Panel::Lipids],
    },
    Illness {
        snomed: "55822004",
        icd: "E78.5",
        name: "Hyperlipidemia",
        from: 34,
        percent: 42,
        drugs: &[
            drug(
                "83367",
                "Atorvastatin 20 mg tablet",
                "1 tablet by mouth at bedtime",
            ),
            drug(
                "301542",
                "Rosuvastatin 10 mg tablet",
                "1 tablet by mouth once daily",
            ),
        ],
        panels: &[Panel::Lipids],
    },
    Illness {
        snomed: "195967001",
        icd: "J45.909",
        name: "Asthma",
        from: 4,
        percent: 10,
        drugs: &[
            drug(
                "435",
                "Albuterol 90 mcg inhaler",
                "2 puffs every 4 hours as needed",
            ),
            drug(
                "41126",
                "Fluticasone 110 mcg inhaler",
                "2 puffs twice daily",
            ),
        ],
        panels: &[],
    },
    Illness {
        snomed: "40930008",
        icd: "E03.9",
        name: "Hypothyroidism",
        from: 28,
        percent: 9,
        drugs: &[drug(
            "10582",
            "Levothyroxine 75 mcg tablet",
            "1 tablet by mouth every morning, fasting",
        )],
        panels: &[Panel::Thyroid],
    },
    Illness {
        snomed: "370143000",
        icd: "F33.9",
        name: "Major depressive disorder",
        from: 16,
        percent: 12,
        drugs: &[
            drug(
                "36437",
                "Sertraline 50 mg tablet",
                "1 tablet by mouth once daily",
            ),
            drug(
                "321988",
                "Escitalopram 10 mg tablet",
                "1 tablet by mouth once daily",
            ),
        ],
        panels: &[],
    },
    Illness {
        snomed: "21897009",
        icd: "F41.1",
        name: "Generalized anxiety disorder",
        from: 16,
        percent: 9,
        drugs: &[drug(
            "321988",
            "Escitalopram 10 mg tablet",
            "1 tablet by mouth once daily",
        )],
        panels: &[],
    },
    Illness {
        snomed: "235595009",
        icd: "K21.9",
        name: "Gastroesophageal reflux disease",
        from: 24,
        percent: 18,
        drugs: &[drug(
            "7646",
            "Omeprazole 20 mg capsule",
            "1 capsule by mouth every morning before food",
        )],
        panels: &[],
    },
    Illness {
        snomed: "396275006",
        icd: "M19.90",
        name: "Osteoarthritis",
        from: 45,
        percent: 38,
        drugs: &[drug(
            "161",
            "Acetaminophen 500 mg tablet",
            "2 tablets by mouth every 8 hours as needed",
        )],
        panels: &[],
    },
    Illness {
        snomed: "13645005",
        icd: "J44.9",
        name: "Chronic obstructive pulmonary disease",
        from: 50,
        percent: 12,
        drugs: &[drug(
            "69120",
            "Tiotropium 18 mcg capsule for inhalation",
            "1 capsule inhaled once daily",
        )],
        panels: &[Panel::Blood],
    },
    Illness {
        snomed: "433144002",
        icd: "N18.30",
        name: "Chronic kidney disease stage 3",
        from: 56,
        percent: 14,
        drugs: &[],
        panels: &[Panel::Metabolic, Panel::Blood],
    },
    Illness {
        snomed: "49436004",
        icd: "I48.91",
        name: "Atrial fibrillation",
        from: 58,
        percent: 12,
        drugs: &[
            drug(
                "1364430",
                "Apixaban 5 mg tablet",
                "1 tablet by mouth twice daily",
            ),
            drug(
                "6918",
                "Metoprolol 50 mg tablet",
                "1 tablet by mouth twice daily",
            ),
        ],
        panels: &[Panel::Metabolic],
    },
    Illness {
        snomed: "367498001",
        icd: "J30.2",
        name: "Seasonal allergic rhinitis",
        from: 5,
        percent: 20,
        drugs: &[drug(
            "28889",
            "Loratadine 10 mg tablet",
            "1 tablet by mouth once daily in spring",
        )],
        panels: &[],
    },
    Illness {
        snomed: "37796009",
        icd: "G43.909",
        name: "Migraine",
        from: 13,
        percent: 12,
        drugs: &[drug(
            "37418",
            "Sumatriptan 50 mg tablet",
            "1 tablet by mouth at the onset, at most 2 a day",
        )],
        panels: &[],
    },
];

/// What short visits are for: SNOMED CT's code, the name, ICD-10-CM's.
pub(super) const PASSING: [(&str, &str, &str); 8] = [
    ("54150009", "Upper respiratory infection", "J06.9"),
    ("68566005", "Urinary tract infection", "N39.0"),
    ("279039007", "Low back pain", "M54.50"),
    ("65363002", "Otitis media", "H66.90"),
    ("43878008", "Streptococcal sore throat", "J02.0"),
    ("444814009", "Viral sinusitis", "J01.90"),
    ("44465007", "Sprain of ankle", "S93.409A"),
    ("25374005", "Gastroenteritis", "K52.9"),
];

/// What people do not bear: RxNorm's or SNOMED CT's code, whether it is a drug, the name, what it does.
pub(super) const ALLERGENS: [(&str, bool, &str, &str); 8] = [
    ("7980", true, "Penicillin G", "Hives"),
    ("10180", true, "Sulfamethoxazole", "Rash"),
    ("5640", true, "Ibuprofen", "Swelling of the lips"),
    ("2670", true, "Codeine", "Vomiting"),
    ("1191", true, "Aspirin", "Wheezing"),
    ("111088007", false, "Latex", "Contact dermatitis"),
    ("762952008", false, "Peanut", "Anaphylaxis"),
    ("256277009", false, "Grass pollen", "Runny nose"),
];

/// LOINC's code and name of a panel, and its tests.
pub(super) const fn tests(panel: Panel) -> (&'static str, &'static str, &'static [Test]) {
    const METABOLIC: &[Test] = &[
        test(("2951-2", "Sodium", "mmol/L"), (136.0, 145.0, -1.0), 0),
        test(("2823-3", "Potassium", "mmol/L"), (3.5, 5.1, 0.3), 1),
        test(("2160-0", "Creatinine", "mg/dL"), (0.6, 1.2, 0.35), 2),
        test(("2345-7", "Glucose", "mg/dL"), (70.0, 99.0, 22.0), 0),
    ];
    const LIPIDS: &[Test] = &[
        test(("2093-3", "Cholesterol", "mg/dL"), (130.0, 199.0, 30.0), 0),
        test(
            ("2085-9", "HDL cholesterol", "mg/dL"),
            (40.0, 70.0, -5.0),
            0,
        ),
        test(
            ("13457-7", "LDL cholesterol, calculated", "mg/dL"),
            (60.0, 129.0, 28.0),
            0,
        ),
        test(("2571-8", "Triglycerides", "mg/dL"), (50.0, 149.0, 50.0), 0),
    ];
    const SUGAR: &[Test] = &[test(("4548-4", "Hemoglobin A1c", "%"), (4.3, 5.6, 2.1), 1)];
    const THYROID: &[Test] = &[test(
        ("3016-3", "Thyrotropin", "m[IU]/L"),
        (0.5, 4.5, 1.8),
        2,
    )];
    const BLOOD: &[Test] = &[
        test(("718-7", "Hemoglobin", "g/dL"), (12.0, 16.5, -1.2), 1),
        test(("6690-2", "Leukocytes", "10*3/uL"), (4.5, 11.0, 0.4), 1),
        test(("777-3", "Platelets", "10*3/uL"), (150.0, 400.0, 0.0), 0),
    ];
    match panel {
        Panel::Metabolic => ("51990-0", "Basic metabolic panel", METABOLIC),
        Panel::Lipids => ("24331-1", "Lipid panel", LIPIDS),
        Panel::Sugar => ("55399-0", "Diabetes tracking panel", SUGAR),
        Panel::Thyroid => ("3016-3", "Thyrotropin", THYROID),
        Panel::Blood => ("58410-2", "Complete blood count panel", BLOOD),
    }
}
