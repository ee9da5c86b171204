//! The UCUM units that are worth comparing across: each as a factor of one canonical unit.
//! Affine units (Celsius) and those with an arbitrary basis (`[iU]`) are compared only with themselves.

/// The factor to, and the code of, the canonical unit of a UCUM unit.
pub fn canonical_unit(code: &str) -> Option<(f64, &'static str)> {
    let found = UNITS.binary_search_by(|(c, _, _)| (*c).cmp(code)).ok()?;
    UNITS.get(found).map(|(_, factor, unit)| (*factor, *unit))
}

/// Sorted by code. Factors: UCUM 2.1, tables 1 to 8.
const UNITS: [(&str, f64, &str); 72] = [
    ("10*12/L", 1e12, "/L"),
    ("10*3/mL", 1e6, "/L"),
    ("10*3/uL", 1e9, "/L"),
    ("10*6/L", 1e6, "/L"),
    ("10*6/mL", 1e9, "/L"),
    ("10*6/uL", 1e12, "/L"),
    ("10*9/L", 1e9, "/L"),
    ("L", 1.0, "L"),
    ("Pa", 1.0, "Pa"),
    ("[ft_i]", 0.3048, "m"),
    ("[gr]", 0.064_798_91, "g"),
    ("[in_i]", 0.0254, "m"),
    ("[lb_av]", 453.592_37, "g"),
    ("[mi_i]", 1609.344, "m"),
    ("[oz_av]", 28.349_523_125, "g"),
    ("[yd_i]", 0.9144, "m"),
    ("a", 31_557_600.0, "s"),
    ("cm", 0.01, "m"),
    ("d", 86_400.0, "s"),
    ("dL", 0.1, "L"),
    ("dl", 0.1, "L"),
    ("fL", 1e-15, "L"),
    ("g", 1.0, "g"),
    ("g/L", 1.0, "g/L"),
    ("g/dL", 10.0, "g/L"),
    ("g/dl", 10.0, "g/L"),
    ("g/mL", 1e3, "g/L"),
    ("h", 3600.0, "s"),
    ("kPa", 1e3, "Pa"),
    ("kg", 1e3, "g"),
    ("kg/m2", 1.0, "kg/m2"),
    ("km", 1e3, "m"),
    ("l", 1.0, "L"),
    ("m", 1.0, "m"),
    ("mL", 1e-3, "L"),
    ("mg", 1e-3, "g"),
    ("mg/L", 1e-3, "g/L"),
    ("mg/dL", 1e-2, "g/L"),
    ("mg/dl", 1e-2, "g/L"),
    ("mg/mL", 1.0, "g/L"),
    ("min", 60.0, "s"),
    ("ml", 1e-3, "L"),
    ("mm", 1e-3, "m"),
    ("mm[Hg]", 133.322_387_415, "Pa"),
    ("mmol", 1e-3, "mol"),
    ("mmol/L", 1e-3, "mol/L"),
    ("mmol/l", 1e-3, "mol/L"),
    ("mo", 2_629_800.0, "s"),
    ("mol", 1.0, "mol"),
    ("mol/L", 1.0, "mol/L"),
    ("ms", 1e-3, "s"),
    ("ng", 1e-9, "g"),
    ("ng/L", 1e-9, "g/L"),
    ("ng/dL", 1e-8, "g/L"),
    ("ng/mL", 1e-6, "g/L"),
    ("nm", 1e-9, "m"),
    ("nmol", 1e-9, "mol"),
    ("nmol/L", 1e-9, "mol/L"),
    ("pg", 1e-12, "g"),
    ("pg/mL", 1e-9, "g/L"),
    ("pmol/L", 1e-12, "mol/L"),
    ("s", 1.0, "s"),
    ("t", 1e6, "g"),
    ("uL", 1e-6, "L"),
    ("ug", 1e-6, "g"),
    ("ug/L", 1e-6, "g/L"),
    ("ug/dL", 1e-5, "g/L"),
    ("ug/mL", 1e-3, "g/L"),
    ("um", 1e-6, "m"),
    ("umol", 1e-6, "mol"),
    ("umol/L", 1e-6, "mol/L"),
    ("wk", 604_800.0, "s"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_table_is_sorted_and_each_unit_is_found() {
        assert!(UNITS.is_sorted_by(|a, b| a.0 < b.0));
        assert_eq!(canonical_unit("kg"), Some((1e3, "g")));
        assert_eq!(canonical_unit("Cel"), None);
    }
}
