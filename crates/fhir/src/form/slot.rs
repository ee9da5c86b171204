//! Where in a form something was typed: an item, and which of its repetitions.

use std::collections::BTreeMap;

use super::Form;

/// So often a group or a question may come.
const OFTEN: usize = 30;

/// An item, and which of its repetitions: one number for each repeating item from the outermost to itself.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Slot {
    /// The item's number in the form.
    pub item: usize,
    /// Which repetition, for each level.
    pub path: Vec<usize>,
}

impl Slot {
    /// The name of its field on a page, after a letter: `a3-0-1`.
    pub fn name(&self, letter: char) -> String {
        let mut name = format!("{letter}{}", self.item);
        for at in &self.path {
            name.push('-');
            name.push_str(&at.to_string());
        }
        name
    }

    fn parse(text: &str) -> Option<Self> {
        let mut numbers = text.split('-').map(|part| {
            let plain = !part.is_empty() && part.bytes().all(|b| b.is_ascii_digit());
            plain.then(|| part.parse::<usize>().ok())?
        });
        let item = numbers.next()??;
        let path = numbers.collect::<Option<Vec<_>>>()?;
        Some(Self { item, path })
    }

    /// All places of an item.
    pub(super) fn bounds(item: usize) -> std::ops::Range<Self> {
        let first = |item| Self {
            item,
            path: Vec::new(),
        };
        first(item)..first(item + 1)
    }

    /// Whether both are in the same repetitions of what they share.
    pub(super) fn shares(&self, other: &Self, levels: usize) -> bool {
        self.path
            .iter()
            .take(levels)
            .eq(other.path.iter().take(levels))
    }
}

/// What was typed into the fields of a form, as it was typed.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Typed {
    values: BTreeMap<Slot, Vec<String>>,
    other: BTreeMap<Slot, String>,
    counts: BTreeMap<Slot, usize>,
}

/// What a field's name says: `a3` what was typed, `x3` something else than the options, `n3` how often it comes.
fn field(form: &Form, name: &str) -> Option<(char, Slot)> {
    let letter = name.chars().next()?;
    let slot = Slot::parse(name.get(1..)?)?;
    let item = form.item(slot.item)?;
    let levels = form.levels(slot.item).len();
    let wanted = match letter {
        'a' | 'x' => levels,
        'n' if item.comes_often() => levels.checked_sub(1)?,
        _ => return None,
    };
    let fits = slot.path.len() == wanted && slot.path.iter().all(|at| *at < OFTEN);
    fits.then_some((letter, slot))
}

impl Typed {
    /// Whether the form has a field of this name.
    pub fn is_field(form: &Form, name: &str) -> bool {
        field(form, name).is_some()
    }

    /// Takes one field in. What is none of the form's is left.
    pub fn take(&mut self, form: &Form, name: &str, value: &str) {
        match field(form, name) {
            Some(('a', slot)) => self.values.entry(slot).or_default().push(value.to_owned()),
            Some(('x', slot)) => drop(self.other.insert(slot, value.to_owned())),
            Some(('n', slot)) => {
                let count = value.parse().unwrap_or(1_usize).clamp(1, OFTEN);
                self.counts.insert(slot, count);
            }
            Some(_) | None => {}
        }
    }

    /// One more repetition of the item whose counter this is: `n3`.
    pub fn more(&mut self, form: &Form, name: &str) {
        if let Some(('n', slot)) = field(form, name) {
            let count = self.counts.entry(slot).or_insert(1);
            *count = (*count + 1).min(OFTEN);
        }
    }

    /// What was typed there.
    pub fn values(&self, slot: &Slot) -> &[String] {
        self.values.get(slot).map_or(&[], Vec::as_slice)
    }

    /// What was written beside the options.
    pub fn other(&self, slot: &Slot) -> &str {
        self.other.get(slot).map_or("", String::as_str)
    }

    /// How often an item comes in these repetitions of what it is in.
    pub fn count(&self, item: usize, path: &[usize]) -> usize {
        let slot = Slot {
            item,
            path: path.to_vec(),
        };
        self.counts.get(&slot).copied().unwrap_or(1)
    }

    pub(super) fn push(&mut self, slot: &Slot, value: String) {
        self.values.entry(slot.clone()).or_default().push(value);
    }

    pub(super) fn write_other(&mut self, slot: &Slot, value: String) {
        self.other.insert(slot.clone(), value);
    }

    pub(super) fn set_count(&mut self, item: usize, path: &[usize], count: usize) {
        let path = path.to_vec();
        let slot = Slot { item, path };
        self.counts.insert(slot, count.clamp(1, OFTEN));
    }

    /// All places of the form with these repetitions, parents before their children.
    pub(super) fn slots(&self, form: &Form) -> Vec<Slot> {
        let mut found = Vec::new();
        for item in form.top() {
            self.walk(form, item, &mut Vec::new(), &mut found);
        }
        found
    }

    fn walk(&self, form: &Form, number: usize, path: &mut Vec<usize>, found: &mut Vec<Slot>) {
        let Some(item) = form.item(number) else {
            return;
        };
        let times = match item.comes_often() {
            true => self.count(number, path),
            false => 1,
        };
        for at in 0..times {
            if item.comes_often() {
                path.push(at);
            }
            found.push(Slot {
                item: number,
                path: path.clone(),
            });
            for child in &item.children {
                self.walk(form, *child, path, found);
            }
            if item.comes_often() {
                path.pop();
            }
        }
    }
}
