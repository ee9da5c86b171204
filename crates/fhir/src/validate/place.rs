//! Where in the resource the walk is: a chain on the stack that becomes text only when there is something to say.

use std::fmt::Write;

/// One step of the way, linked to the steps before it.
#[derive(Clone, Copy, Debug)]
pub(super) struct Place<'p> {
    before: Option<&'p Place<'p>>,
    step: Step<'p>,
}

#[derive(Clone, Copy, Debug)]
enum Step<'p> {
    Root(&'p str),
    Member(&'p str),
    Index(usize),
}

impl<'p> Place<'p> {
    /// The resource itself.
    pub(super) const fn root(name: &'p str) -> Self {
        Self {
            before: None,
            step: Step::Root(name),
        }
    }

    /// A member of what is here.
    pub(super) const fn member<'q>(&'q self, name: &'q str) -> Place<'q>
    where
        'p: 'q,
    {
        Place {
            before: Some(self),
            step: Step::Member(name),
        }
    }

    /// An item of the list that is here.
    pub(super) const fn index<'q>(&'q self, index: usize) -> Place<'q>
    where
        'p: 'q,
    {
        Place {
            before: Some(self),
            step: Step::Index(index),
        }
    }

    /// As FHIRPath: `Patient.name[0].family`.
    pub(super) fn text(&self) -> String {
        let mut out = self.before.map_or_else(String::new, Self::text);
        match self.step {
            Step::Root(name) => out.push_str(name),
            Step::Member(name) => {
                out.push('.');
                out.push_str(name);
            }
            Step::Index(i) => {
                let _infallible = write!(out, "[{i}]");
            }
        }
        out
    }
}
