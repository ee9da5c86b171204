//! Places in the navigation.

use aceso_policy::Action;

/// A place in the navigation; shown to whoever may go there.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// What it belongs to; empty for the first ones.
    pub group: &'static str,
    /// What it is called.
    pub label: &'static str,
    /// What is done there, in a sentence.
    pub about: &'static str,
    /// Its address: a row of the table without placeholders, whose condition it has.
    pub path: &'static str,
    /// What somebody's role must ever let them do for it to be shown to them, to resources of which type.
    pub needs: Option<(Action, &'static str)>,
}

impl Entry {
    /// In a group, with its name, what is done there, and its address: for whoever may open its page.
    pub const fn of(
        group: &'static str,
        label: &'static str,
        about: &'static str,
        path: &'static str,
    ) -> Self {
        Self {
            group,
            label,
            about,
            path,
            needs: None,
        }
    }
}
