//! What several forms ask of a record.

use super::record::*;
use super::vulnerability::*;
use crate::cvss::{Score, Vector, Version};
use crate::severity::Severity;

impl Advisory {
    /// A product by its id.
    pub fn product(&self, id: &str) -> Option<&Product> {
        self.products.iter().find(|p| p.id == id)
    }

    /// The first summary, else the first description, of the document or of its vulnerabilities.
    pub fn summary(&self) -> Option<&str> {
        let kinds = [NoteKind::Summary, NoteKind::Description, NoteKind::Details];
        kinds.into_iter().find_map(|kind| {
            let inner = self.vulnerabilities.iter().flat_map(|v| &v.notes);
            let mut all = self.notes.iter().chain(inner).filter(|n| n.kind == kind);
            all.next().map(|n| n.text.as_str())
        })
    }

    /// All credits whose people may be named, each once.
    pub fn named_credits(&self) -> Vec<&Credit> {
        let inner = self.vulnerabilities.iter().flat_map(|v| &v.credits);
        let mut found: Vec<&Credit> = Vec::new();
        for credit in self
            .credits
            .iter()
            .chain(inner)
            .filter(|c| c.consent.may_name())
        {
            if !found.contains(&credit) {
                found.push(credit);
            }
        }
        found
    }

    /// The group's severity, else that of the highest score.
    pub fn level(&self) -> Option<Severity> {
        let said = self.severity.as_ref().and_then(|s| match s.level {
            Level::Ours(severity) => Some(severity),
            Level::Said(_) => None,
        });
        let scores = self.vulnerabilities.iter().flat_map(|v| &v.scores);
        let highest = scores.map(|s| s.vector.base_score()).max();
        said.or_else(|| highest.map(Score::rating).and_then(Severity::of_rating))
    }

    /// Products of a vulnerability that stand so.
    pub fn products_with<'a>(
        &'a self,
        of: &'a Vulnerability,
        standing: Standing,
    ) -> impl Iterator<Item = &'a Product> {
        of.with_status(standing).filter_map(|id| self.product(id))
    }

    /// Products of a vulnerability that are affected.
    pub fn affected<'a>(&'a self, of: &'a Vulnerability) -> impl Iterator<Item = &'a Product> {
        let ids = of
            .statuses
            .iter()
            .filter(|s| s.standing.is_affected())
            .flat_map(|s| &s.products);
        ids.filter_map(|id| self.product(id))
    }

    /// Products of a vulnerability that have the fix.
    pub fn fixed<'a>(&'a self, of: &'a Vulnerability) -> impl Iterator<Item = &'a Product> {
        self.products_with(of, Standing::Fixed)
            .chain(self.products_with(of, Standing::FirstFixed))
    }
}

impl Credit {
    /// The people and the organization, as a line.
    pub fn who(&self) -> String {
        let names = self.names.join(", ");
        match (&self.organization, names.is_empty()) {
            (Some(organization), true) => organization.clone(),
            (Some(organization), false) => format!("{names} ({organization})"),
            (None, _) => names,
        }
    }

    /// For what, in words.
    pub fn what(&self) -> Option<&str> {
        self.summary.as_deref().or_else(|| self.kind.said())
    }
}

impl Vulnerability {
    /// The vector of the newest version of CVSS.
    pub fn best_vector(&self) -> Option<&Vector> {
        let order = [Version::V40, Version::V31, Version::V30];
        order.into_iter().find_map(|v| {
            self.scores
                .iter()
                .map(|s| &s.vector)
                .find(|found| found.version() == v)
        })
    }

    /// The first description, else the first other text.
    pub fn described(&self) -> Option<&str> {
        let kinds = [NoteKind::Description, NoteKind::Summary, NoteKind::Details];
        kinds
            .into_iter()
            .find_map(|kind| self.notes.iter().find(|n| n.kind == kind))
            .map(|n| n.text.as_str())
    }
}
