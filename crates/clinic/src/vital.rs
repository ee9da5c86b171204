//! Vital signs: what they are called, coded and measured in.

/// A vital sign that is charted as a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Vital {
    /// Systolic blood pressure.
    Systolic,
    /// Diastolic blood pressure.
    Diastolic,
    /// Heart rate.
    Pulse,
    /// Respiratory rate.
    Breathing,
    /// Body temperature.
    Temperature,
    /// Oxygen saturation by pulse oximetry.
    Oxygen,
    /// Body weight.
    Weight,
    /// Body height, or length lying down.
    Height,
    /// Body mass index.
    Bmi,
    /// Head circumference.
    Head,
    /// Pain, 0 to 10.
    Pain,
}

impl Vital {
    /// All of them, in the order in which a header shows them.
    pub const ALL: [Self; 11] = [
        Self::Systolic,
        Self::Diastolic,
        Self::Pulse,
        Self::Breathing,
        Self::Temperature,
        Self::Oxygen,
        Self::Weight,
        Self::Height,
        Self::Bmi,
        Self::Head,
        Self::Pain,
    ];

    /// The LOINC code of the US Core vital-signs profiles.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Systolic => "8480-6",
            Self::Diastolic => "8462-4",
            Self::Pulse => "8867-4",
            Self::Breathing => "9279-1",
            Self::Temperature => "8310-5",
            Self::Oxygen => "2708-6",
            Self::Weight => "29463-7",
            Self::Height => "8302-2",
            Self::Bmi => "39156-5",
            Self::Head => "9843-4",
            Self::Pain => "72514-3",
        }
    }

    /// By LOINC code, with the codes of the same measurement by a certain method or site.
    pub fn of_code(code: &str) -> Option<Self> {
        Some(match code {
            "8480-6" => Self::Systolic,
            "8462-4" => Self::Diastolic,
            "8867-4" => Self::Pulse,
            "9279-1" => Self::Breathing,
            "8310-5" | "8331-1" | "8333-7" | "8332-9" | "8328-7" | "8329-5" => Self::Temperature,
            "2708-6" | "59408-5" => Self::Oxygen,
            "29463-7" | "3141-9" => Self::Weight,
            "8302-2" | "8306-3" | "3137-7" => Self::Height,
            "39156-5" => Self::Bmi,
            "9843-4" | "8287-5" => Self::Head,
            "72514-3" | "38208-5" => Self::Pain,
            _ => return None,
        })
    }

    /// The UCUM unit that ranges and charts use.
    pub const fn unit(self) -> &'static str {
        match self {
            Self::Systolic | Self::Diastolic => "mm[Hg]",
            Self::Pulse | Self::Breathing => "/min",
            Self::Temperature => "Cel",
            Self::Oxygen => "%",
            Self::Weight => "kg",
            Self::Height | Self::Head => "cm",
            Self::Bmi => "kg/m2",
            Self::Pain => "{score}",
        }
    }

    /// The unit as people write it.
    pub const fn unit_said(self) -> &'static str {
        match self {
            Self::Systolic | Self::Diastolic => "mmHg",
            Self::Pulse | Self::Breathing => "/min",
            Self::Temperature => "°C",
            Self::Oxygen => "%",
            Self::Weight => "kg",
            Self::Height | Self::Head => "cm",
            Self::Bmi => "kg/m²",
            Self::Pain => "of 10",
        }
    }

    /// What a header calls it.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Systolic => "Systolic pressure",
            Self::Diastolic => "Diastolic pressure",
            Self::Pulse => "Pulse",
            Self::Breathing => "Respirations",
            Self::Temperature => "Temperature",
            Self::Oxygen => "SpO₂",
            Self::Weight => "Weight",
            Self::Height => "Height",
            Self::Bmi => "BMI",
            Self::Head => "Head circumference",
            Self::Pain => "Pain",
        }
    }

    /// The LOINC display of its code.
    pub const fn display(self) -> &'static str {
        match self {
            Self::Systolic => "Systolic blood pressure",
            Self::Diastolic => "Diastolic blood pressure",
            Self::Pulse => "Heart rate",
            Self::Breathing => "Respiratory rate",
            Self::Temperature => "Body temperature",
            Self::Oxygen => "Oxygen saturation in Arterial blood",
            Self::Weight => "Body weight",
            Self::Height => "Body height",
            Self::Bmi => "Body mass index (BMI) [Ratio]",
            Self::Head => "Head Occipital-frontal circumference",
            Self::Pain => "Pain severity - 0-10 verbal numeric rating [Score] - Reported",
        }
    }

    /// How many digits behind the point mean something.
    pub const fn digits(self) -> usize {
        match self {
            Self::Temperature | Self::Weight | Self::Height | Self::Bmi | Self::Head => 1,
            Self::Systolic
            | Self::Diastolic
            | Self::Pulse
            | Self::Breathing
            | Self::Oxygen
            | Self::Pain => 0,
        }
    }

    /// A value as it is read: `172.8`, `80`; no digit that says nothing.
    pub fn say(self, value: f64) -> String {
        let text = format!("{value:.*}", self.digits());
        text.strip_suffix(".0").map_or(text.clone(), str::to_owned)
    }
}

/// A value in a UCUM unit (or what devices write for one) as the vital's own unit; none when it is not known.
pub fn convert(vital: Vital, value: f64, unit: &str) -> Option<f64> {
    if unit == vital.unit() || unit == vital.unit_said() {
        return Some(value);
    }
    match (vital, unit) {
        (Vital::Weight, "g") => Some(value / 1000.0),
        (Vital::Weight, "[lb_av]" | "lb" | "lbs") => Some(value * 0.453_592_37),
        (Vital::Weight, "[oz_av]" | "oz") => Some(value * 0.028_349_523_125),
        (Vital::Height | Vital::Head, "m") => Some(value * 100.0),
        (Vital::Height | Vital::Head, "mm") => Some(value / 10.0),
        (Vital::Height | Vital::Head, "[in_i]" | "in" | "[in_us]") => Some(value * 2.54),
        (Vital::Temperature, "[degF]" | "°F" | "F") => Some((value - 32.0) / 1.8),
        (Vital::Temperature, "C" | "degC") => Some(value),
        (Vital::Pulse, "beats/minute" | "{beats}/min" | "bpm" | "1/min") => Some(value),
        (Vital::Breathing, "breaths/minute" | "{breaths}/min" | "1/min") => Some(value),
        (Vital::Systolic | Vital::Diastolic, "mm Hg" | "mmHg") => Some(value),
        (Vital::Pain, _) => Some(value),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_in_another_unit_is_the_same_value() {
        for (vital, value, unit, expected) in [
            (Vital::Weight, 170.0, "[lb_av]", 77.1),
            (Vital::Weight, 3450.0, "g", 3.5),
            (Vital::Height, 1.72, "m", 172.0),
            (Vital::Height, 70.0, "[in_i]", 177.8),
            (Vital::Temperature, 98.6, "[degF]", 37.0),
        ] {
            let found = convert(vital, value, unit).unwrap();
            assert!((found - expected).abs() < 0.06, "{vital:?} {found}");
        }
        assert_eq!(convert(Vital::Weight, 1.0, "cm"), None);
        assert_eq!(convert(Vital::Temperature, 310.0, "K"), None);
    }

    #[test]
    fn every_vital_sign_is_found_by_its_own_code() {
        for vital in Vital::ALL {
            assert_eq!(Vital::of_code(vital.code()), Some(vital));
        }
    }
}
