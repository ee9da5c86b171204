//! A clinic's own role as a small grid, which renders to Cedar: what the role editor shows.
//!
//! As text, one line each: `clinical laboratory: read search (care)`, `scheduling: read search create update`,
//! `tasks: BreakGlass`, `sees: ETH`, `hides: Patient.photo`.

use std::fmt::{self, Write};

use crate::{Action, Group, Label, Labels, Masks, Role, RoleText, Task};

/// A role as a grid.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Grid {
    /// What it may do with resources.
    pub rows: Vec<GridRow>,
    /// What else it may do.
    pub tasks: Vec<Task>,
    /// Labels whose data it may see.
    pub sees: Labels,
    /// What it does not see of what it may read.
    pub hides: Masks,
}

/// A row: these acts on these groups.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct GridRow {
    /// Groups of resource types; not empty.
    pub groups: Vec<Group>,
    /// Acts; not empty.
    pub actions: Vec<Action>,
    /// On whose.
    pub within: Within,
}

/// On whose data.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Within {
    /// Everybody's.
    Everybody,
    /// Those of patients in their care, in an emergency that they declared, and what is about no patient.
    Care,
}

/// A line of a grid that cannot be read.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("line {line}: {what}")]
pub struct GridError {
    /// From 1.
    pub line: usize,
    /// What is wrong, and what would be right.
    pub what: String,
}

impl Grid {
    /// Reads a grid from its text.
    pub fn parse(text: &str) -> Result<Self, GridError> {
        let mut grid = Self::default();
        for (line, content) in (1..).zip(text.lines()) {
            let content = content.trim();
            if !content.is_empty() {
                grid.line(content)
                    .map_err(|what| GridError { line, what })?;
            }
        }
        Ok(grid)
    }

    fn line(&mut self, line: &str) -> Result<(), String> {
        let (head, rest) = line.split_once(':').ok_or(
            "a line is of the form \"groups: acts\", \"tasks: …\", \"sees: …\" or \"hides: …\"",
        )?;
        match head.trim() {
            "tasks" => {
                for word in rest.split_whitespace() {
                    let task = Task::parse(word).ok_or_else(|| format!("no task \"{word}\""))?;
                    self.tasks.push(task);
                }
                return Ok(());
            }
            "sees" => {
                for word in rest.split_whitespace() {
                    let label = Label::parse(word).ok_or_else(|| format!("no label \"{word}\""))?;
                    self.sees = self.sees.with(label);
                }
                return Ok(());
            }
            "hides" => {
                let masks = Masks::parse(rest).map_err(|error| error.to_string())?;
                self.hides = std::mem::take(&mut self.hides).or(&masks);
                return Ok(());
            }
            _ => {}
        }
        let (acts, within) = match rest.trim().strip_suffix("(care)") {
            Some(acts) => (acts, Within::Care),
            None => (rest, Within::Everybody),
        };
        let groups: Result<Vec<_>, String> = head
            .split_whitespace()
            .map(|word| Group::parse(word).ok_or_else(|| format!("no group \"{word}\"")))
            .collect();
        let actions: Result<Vec<_>, String> = acts
            .split_whitespace()
            .map(|word| {
                let found = Action::ALL.into_iter().find(|a| a.name() == word);
                found.ok_or_else(|| format!("no act \"{word}\": read search create update delete"))
            })
            .collect();
        let (groups, actions) = (groups?, actions?);
        if groups.is_empty() || actions.is_empty() {
            return Err("a row needs at least one group and one act".to_owned());
        }
        self.rows.push(GridRow {
            groups,
            actions,
            within,
        });
        Ok(())
    }

    /// The role's policies in Cedar.
    pub fn to_cedar(&self, role: &Role) -> String {
        let mut text = String::new();
        for row in &self.rows {
            let acts: Vec<_> = row.actions.iter().map(|a| a.name()).collect();
            let groups: Vec<_> = row.groups.iter().map(|g| g.name()).collect();
            let whose = match row.within {
                Within::Everybody => "everybody's",
                Within::Care => "those in care",
            };
            let _ = writeln!(
                text,
                "// {}: {}, {whose}.",
                groups.join(", "),
                acts.join(", ")
            );
            let quoted: Vec<_> = groups.iter().map(|g| format!("\"{g}\"")).collect();
            let mut when = format!("[{}].contains(resource.group)", quoted.join(", "));
            if row.within == Within::Care {
                when.push_str(
                    " &&\n  [\"care\", \"emergency\", \"nobody\"].contains(resource.relation)",
                );
            }
            let _ = writeln!(
                text,
                "permit (principal in Role::\"{role}\", action in [{}], resource)\nwhen {{\n  {when}\n}};\n",
                list(acts)
            );
        }
        if !self.tasks.is_empty() {
            let tasks: Vec<_> = self.tasks.iter().map(|t| t.name()).collect();
            let _ = writeln!(
                text,
                "// {}.\npermit (principal in Role::\"{role}\", action in [{}], resource);",
                tasks.join(", "),
                list(tasks)
            );
        }
        if !self.hides.is_empty() {
            let _ = writeln!(
                text,
                "// Does not see these.\n@hides(\"{}\")\nforbid (principal in Role::\"{role}\", action == Action::\"see\", resource);",
                self.hides
            );
        }
        text
    }

    /// The role as text, to be put in force.
    pub fn role_text(&self, role: &Role) -> RoleText {
        RoleText {
            role: role.clone(),
            text: self.to_cedar(role),
            sees: self.sees,
        }
    }
}

fn list(names: Vec<&str>) -> String {
    let quoted: Vec<_> = names.iter().map(|n| format!("Action::\"{n}\"")).collect();
    quoted.join(", ")
}

impl fmt::Display for Grid {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for row in &self.rows {
            let groups: Vec<_> = row.groups.iter().map(|g| g.name()).collect();
            let acts: Vec<_> = row.actions.iter().map(|a| a.name()).collect();
            let within = match row.within {
                Within::Everybody => "",
                Within::Care => " (care)",
            };
            writeln!(f, "{}: {}{within}", groups.join(" "), acts.join(" "))?;
        }
        if !self.tasks.is_empty() {
            let tasks: Vec<_> = self.tasks.iter().map(|t| t.name()).collect();
            writeln!(f, "tasks: {}", tasks.join(" "))?;
        }
        if !self.sees.is_empty() {
            let labels: Vec<_> = self.sees.iter().map(Label::name).collect();
            writeln!(f, "sees: {}", labels.join(" "))?;
        }
        if !self.hides.is_empty() {
            writeln!(f, "hides: {}", self.hides)?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Policies;

    const TEXT: &str = "clinical laboratory: read search (care)\nscheduling: read search create update\ntasks: BreakGlass\nsees: ETH HIV\nhides: Patient.photo identifier=http://hl7.org/fhir/sid/us-ssn\n";

    #[test]
    fn a_grid_reads_back_as_it_was_written_and_its_cedar_is_valid() {
        let grid = Grid::parse(TEXT).unwrap();
        assert_eq!(grid.to_string(), TEXT);
        let role = Role::parse("physio").unwrap();
        let policies = Policies::with(&[grid.role_text(&role)]).unwrap();
        assert!(policies.roles().contains(&role));
    }

    #[test]
    fn a_wrong_line_is_named() {
        for (text, line) in [
            ("\nclinical", 2),
            ("sandwich: read", 1),
            ("clinical: fly", 1),
            ("clinical:", 1),
            ("tasks: Sleep", 1),
            ("sees: ALL", 1),
            ("hides: Patient.nose", 1),
        ] {
            assert_eq!(Grid::parse(text).unwrap_err().line, line, "{text}");
        }
    }
}
