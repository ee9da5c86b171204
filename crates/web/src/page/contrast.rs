//! Whether what is read stands out from what is behind it, by the tokens of the style sheet.

const SHEET: &str = include_str!("../../assets/aceso.css");

/// Text on a ground: both as tokens.
const READ: [(&str, &str); 34] = [
    ("ink", "ground"),
    ("ink", "paper"),
    ("ink", "sunken"),
    ("ink-soft", "ground"),
    ("ink-soft", "paper"),
    ("ink-soft", "sunken"),
    ("ink", "info-soft"),
    ("ink", "good-soft"),
    ("ink", "warn-soft"),
    ("ink", "danger-soft"),
    ("ink-soft", "info-soft"),
    ("ink-soft", "good-soft"),
    ("ink-soft", "warn-soft"),
    ("ink-soft", "danger-soft"),
    ("accent", "ground"),
    ("accent", "paper"),
    ("accent", "sunken"),
    ("accent", "info-soft"),
    ("accent", "warn-soft"),
    ("accent-strong", "paper"),
    ("accent-strong", "accent-soft"),
    ("on-accent", "accent"),
    ("on-accent", "accent-strong"),
    ("danger", "paper"),
    ("danger", "ground"),
    ("danger", "danger-soft"),
    ("danger-strong", "danger-soft"),
    ("on-danger", "danger"),
    ("on-danger", "danger-strong"),
    ("warn", "paper"),
    ("warn", "warn-soft"),
    ("good", "good-soft"),
    ("info", "info-soft"),
    ("paper", "ink"),
];

/// Edges of what is worked with, and the mark of the focus: on each ground (WCAG 2.2, 1.4.11).
const SEEN: [(&str, &str); 6] = [
    ("line-strong", "paper"),
    ("line-strong", "ground"),
    ("focus", "paper"),
    ("focus", "ground"),
    ("accent", "paper"),
    ("danger", "paper"),
];

/// A token's colours: light, dark.
fn token(name: &str) -> [u32; 2] {
    let start = format!("  --{name}: light-dark(#");
    let line = SHEET.lines().find_map(|line| line.strip_prefix(&start));
    let (light, rest) = line.unwrap().split_once(", #").unwrap();
    let (dark, _) = rest.split_once(')').unwrap();
    [light, dark].map(|text| u32::from_str_radix(text, 16).unwrap())
}

/// Relative luminance (WCAG 2.2).
fn luminance(colour: u32) -> f64 {
    let part = |shift: u32| {
        let share = f64::from((colour >> shift) & 0xff) / 255.0;
        if share <= 0.04045 {
            share / 12.92
        } else {
            ((share + 0.055) / 1.055).powf(2.4)
        }
    };
    0.2126 * part(16) + 0.7152 * part(8) + 0.0722 * part(0)
}

fn contrast(one: u32, other: u32) -> f64 {
    let (one, other) = (luminance(one) + 0.05, luminance(other) + 0.05);
    one.max(other) / one.min(other)
}

fn check(pairs: &[(&str, &str)], least: f64) {
    for (front, back) in pairs {
        for (theme, (one, other)) in ["light", "dark"]
            .iter()
            .zip(token(front).into_iter().zip(token(back)))
        {
            let found = contrast(one, other);
            assert!(
                found >= least,
                "{theme}: {front} on {back} is {found:.2}, not {least}"
            );
        }
    }
}

#[test]
fn wcag_1_4_3_what_is_read_has_a_contrast_of_4_5_in_both_themes() {
    assert!((contrast(0, 0x00ff_ffff) - 21.0).abs() < 1e-9);
    check(&READ, 4.5);
}

#[test]
fn wcag_1_4_11_what_is_worked_with_has_a_contrast_of_3_in_both_themes() {
    check(&SEEN, 3.0);
}

#[test]
fn pages_run_from_right_to_left_as_well() {
    for (at, line) in SHEET.lines().enumerate() {
        for side in ["-left", "-right", " left:", " right:", ": left", ": right"] {
            let comment = line.trim_start().starts_with("/*");
            assert!(comment || !line.contains(side), "line {}: {line}", at + 1);
        }
    }
}
